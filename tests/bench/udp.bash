# shellcheck shell=bash
# UDP: datagrams that the server has answered a second, 16 under way.

udp_sample() {
	local round=$1 family variant address port group rate
	read -r family variant address port group <<<"$2"
	rate=$(load udp "$address" "$port" 16 "$each" q) || failed "$group" "$family"
	record udp udp "$family" "$variant" "$round" "${rate% *}"
}

say UDP
forms udp
in_rounds udp_sample "${targets[@]}"
