#compdef ptnote
# Completion of ptnote for zsh.
_ptnote() {
    local line files
    local -a described
    for line in "${(@f)$(sh -c @PROGRAM@ ptnote "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}")}"; do
        if [[ $line == @files ]]; then
            files=1
        elif [[ -n $line ]]; then
            described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        fi
    done
    (( $#described )) && _describe -V ptnote described
    [[ -n $files ]] && _files
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _ptnote "$@"
else
    compdef _ptnote ptnote
fi
