# What completes a command line of ptnote: called with the words behind `ptnote`, of which the last is being
# typed, it prints a line for each candidate, with a description behind a tab; @files stands for file names.
# It reads the table that ptnote keeps in its cache, and asks ptnote only if there is none or it is too old.

here=$(pwd -P) project=
while :; do
    if [ -d "$here/.ptnote" ]; then
        project=$here/.ptnote
        break
    fi
    [ -n "$here" ] || break
    here=${here%/*}
done

# one table for each set of folders, named after them with % in place of /
name="table:$PTNOTE_PATH:$project"
set -f
old_ifs=$IFS
words=$(printf '%s\037' "$@")
IFS=/
set -- $name
IFS=%
name="$*"
IFS=$old_ifs
table=${PTNOTE_CACHE_DIR:-@CACHE@}/completions/$name

fresh() {
    [ -r "$table" ] || return 1
    { read -r _; IFS='	' read -r _ roots; } < "$table"
    IFS='	'
    set -- $roots
    IFS=$old_ifs
    [ $# -eq 0 ] || [ -z "$(find "$@" -newer "$table" 2> /dev/null | head -n 1)" ]
}

rows() {
    if fresh; then cat "$table"; else ptnote completion --table 2> /dev/null; fi
}

rows | PTNOTE_WORDS=$words awk '
BEGIN {
    FS = "\t"
    count = split(ENVIRON["PTNOTE_WORDS"], word, "\037") - 1  # a separator stands behind the last word too
    typed = word[count]
}

{ key[NR] = $1; candidate[NR] = $2; text[NR] = $3; known[$1]; is[$1, $2] }

END {
    command = option = entry = ""
    for (i = 1; i < count; i++) {
        if (option != "") option = ""
        else if (word[i] ~ /^-/) { if (("value:" command ":" word[i]) in known) option = word[i] }
        else if (command == "") command = ("commands", word[i]) in is ? word[i] : "lookup"
        else if (("entries", word[i]) in is) entry = word[i]
    }
    if (option != "") show("value:" command ":" option)
    else if (typed ~ /^-/) show("options:" command)
    else if (command == "") { show("commands"); show("entries"); show("names") }
    else show("arguments:" command)
}

function show(wanted,    i) {
    if (wanted == "snippets") wanted = "snippets:" entry
    if (entry != "" && option == "" && ("arguments:" command, "@snippets") in is) {
        if (wanted == "entries" || wanted == "names") return  # a snippet of this entry comes next
    }
    if ((wanted == "names" || wanted == "filters") && typed == "") return
    for (i = 1; i <= NR; i++) {
        if (key[i] != wanted) continue
        if (candidate[i] == "@files") print "@files"
        else if (candidate[i] ~ /^@/) show(substr(candidate[i], 2))
        else if (candidate[i] != "" && index(candidate[i], typed) == 1 && !(candidate[i] in shown)) {
            shown[candidate[i]]
            print candidate[i] "\t" text[i]
        }
    }
}'
