# Completion of ptnote for fish.
function __ptnote_complete
    set -l typed (commandline -ct)
    for line in (sh -c @PROGRAM@ ptnote (commandline -opc)[2..-1] "$typed")
        if test "$line" = @files
            __fish_complete_path "$typed"
        else
            echo $line
        end
    end
end
complete -c ptnote -f -a '(__ptnote_complete)'
