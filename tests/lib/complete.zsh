# complete.zsh FILE LINE: what zsh offers at the end of LINE with the completion in FILE, as its terminal shows it.
zmodload zsh/zpty
where=$(mktemp -d)
cp $1 $where/_dualstack-run
zpty z zsh -f -i
zpty -w z "fpath=($where \$fpath); autoload -U compinit; compinit -u -D; setopt no_beep; LISTMAX=0"
zpty -w z "zstyle ':completion:*' list-prompt ''; bindkey '^I' complete-word; PS1='rea''dy> '"
# Once there is a prompt, its line editor reads, and not the terminal.
zpty -r z all '*ready> *'
zpty -n -w z "$2"$'\t\t'
zpty -n -w z $'\025exit\n'
all=
while zpty -r z line; do all+=$line; done
zpty -d z
rm -r $where
print -r -- $all | sed 's/\x1b\[[0-9;?]*[a-zA-Z]//g; s/[\r\a]//g'
