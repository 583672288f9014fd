# Completion for dualstack-run(1) in fish(1).

function __dualstack_run_mode
    string match -q -r -- '^--(check|probe|status|who|enable|disable)$' (commandline -opc)
end

# No command yet: the next word is one, or an option.
function __dualstack_run_options
    __dualstack_run_mode; and return 1
    not __dualstack_run_command >/dev/null
end

# Prints where the command is among the words before the cursor; fails if it is not there yet.
function __dualstack_run_command
    set -l value
    set -l words (commandline -opc)
    for i in (seq 2 (count $words))
        set -l word $words[$i]
        if test -n "$value"
            set value
        else if string match -q -r -- '^--(config|rule|log|delay|enabled|loopback|nat64|peer|pool|prefer|synthetic|text)$' $word
            set value yes
        else if not string match -q -- '-*' $word
            echo $i
            return 0
        end
    end
    return 1
end

# What fish offers for the command, and behind it.
function __dualstack_run_offer_command
    set -l words (commandline -opc)
    set -l at (__dualstack_run_command); or set words
    complete --do-complete=(string join ' ' -- (string escape -- $words[$at..-1]) (commandline -ct))
end

function __dualstack_run_units
    set -l user
    contains -- --user (commandline -opc); and set user --user
    systemctl $user list-unit-files --no-legend --no-pager --plain --type=service 2>/dev/null | string replace -r ' .*' ''
end

function __dualstack_run_in
    contains -- $argv[1] (commandline -opc)
end

set -l no_mode -c dualstack-run -n __dualstack_run_options
complete -c dualstack-run -f
complete -c dualstack-run -n 'not __dualstack_run_mode' -xa '(__dualstack_run_offer_command)'
complete $no_mode -l anyway -d 'Run it even if it can\'t be preloaded'
complete $no_mode -l explain -d 'Say at the end what the library did'
complete $no_mode -l print-config -d 'Show the configuration'
complete $no_mode -s h -l help -d 'Show a summary of the options'
complete $no_mode -s V -l version -d 'Show the version'
complete $no_mode -l check -d 'Check the host and a program'
complete $no_mode -l probe -d 'Connect to each address of a host'
complete $no_mode -l status -d 'Show the sockets of a service'
complete $no_mode -l who -d 'Show whom an address stood for'
complete $no_mode -l enable -d 'Run services with the library'
complete $no_mode -l disable -d 'Run them without it'
for where in __dualstack_run_options '__dualstack_run_in --enable' '__dualstack_run_in --probe'
    set -l setting -c dualstack-run -n $where
    complete $setting -l config -rF -d 'The configuration file'
    complete $setting -l rule -x -d 'A rule of dualstack.conf(5)'
    complete $setting -l log -xa 'off error info debug info:syslog' -d 'Report the decisions of the library'
    complete $setting -l delay -x -d 'Milliseconds before the next address is tried'
    complete $setting -l enabled -xa 'yes no' -d 'Switch the library on or off'
    complete $setting -l loopback -xa 'ipv4 synthetic' -d 'How ::1 is shown'
    complete $setting -l nat64 -xa 'auto off' -d 'The translator'
    complete $setting -l peer -xa 'auto synthetic real' -d 'How IPv6 peers are presented'
    complete $setting -l pool -x -d 'The pool of synthetic addresses'
    complete $setting -l prefer -xa 'own ipv6' -d 'The first family'
    complete $setting -l synthetic -xa 'asked always' -d 'Who is given synthetic addresses'
    complete $setting -l text -xa 'auto ipv6 ipv4' -d 'The text of a synthetic address'
end
complete -c dualstack-run -n '__dualstack_run_in --check' -xa '(__fish_complete_command)'
complete -c dualstack-run -n '__dualstack_run_in --probe' -xa '(__fish_print_hostnames)'
complete -c dualstack-run -n '__dualstack_run_in --who' -F
complete -c dualstack-run -n '__dualstack_run_in --status' -xa '(__fish_complete_pids; __dualstack_run_units)'
for mode in --check --probe --status
    complete -c dualstack-run -n "__dualstack_run_in $mode" -l json -d 'Print JSON'
end
complete -c dualstack-run -n '__dualstack_run_in --check' -l no-network -d 'Ask nobody'
complete -c dualstack-run -n '__dualstack_run_in --probe' -l timeout -x -d Seconds
complete -c dualstack-run -n '__dualstack_run_in --probe' -l udp -x -d 'A datagram, in hexadecimal digits'
for mode in --enable --disable
    set -l unit -c dualstack-run -n "__dualstack_run_in $mode"
    complete $unit -xa '(__dualstack_run_units)'
    complete $unit -l user -d 'Of the own service manager'
    complete $unit -l root -xa '(__fish_complete_directories)' -d 'Another system'
    complete $unit -l runtime -d 'Until the next boot'
    complete $unit -l dry-run -d 'Only print'
end
