# shellcheck shell=bash
# The balancer in front of several nodes: a private HAProxy. It knows no players: any request may go to any node, and
# nodes pass on what is not theirs.

# Not on the PATH of Debian's ordinary users.
haproxy=/usr/sbin/haproxy
haproxy_config=$state/haproxy.cfg

# Prints the port of the balancer before nodes whose first index is this.
balancer_port() {
    printf '%s\n' "$((8000 + 100 * $1))"
}

# Prints what a node behind the balancer must be told: pages come from any of the addresses, and players' own addresses
# are in what the balancer forwards. Reads .local/parts.
balanced_node_settings() {
    local url origins=${QUIZMANIA_ALLOWED_ORIGINS:-}
    while read -r _ _ url; do origins+=${origins:+,}$url; done <"$state/parts"
    printf '%s\n' "QUIZMANIA_ALLOWED_ORIGINS=$origins" 'QUIZMANIA_TRUSTED_PROXIES=127.0.0.1/32'
}

# Writes the balancer's settings for the nodes in .local/parts.
#
# write_balancer_config HTTP-HOST
write_balancer_config() {
    local name port servers='' listen=
    while read -r name port _; do
        if [[ $name == balancer ]]; then
            listen=$1:$port
        else
            servers+="    server $name 127.0.0.1:$port"$'\n'
        fi
    done <"$state/parts"
    cat >"$haproxy_config" <<END_OF_CONFIG
# Written by cluster/up.
global
    # Memory is laid out for as many files as we may open, which is 10^9 in some containers.
    fd-hard-limit 65536

defaults
    mode http
    timeout connect 2s
    timeout http-request 10s
    # A poll waits for up to 25 s.
    timeout client 60s
    timeout server 60s
    # WebSockets
    timeout tunnel 1h
    option forwardfor
    # A node that has just died is not seen until its checks fail; meanwhile the next one is tried, each time.
    retries 3
    retry-on conn-failure empty-response
    option redispatch 1

listen quizmania
    bind $listen
    balance roundrobin
    # A POST may have been read before its node died; only its client may send it again.
    http-request disable-l7-retry if METH_POST
    option httpchk GET /health/ready
    timeout check 2s
    default-server check inter 500ms fall 2 rise 1
${servers%$'\n'}
END_OF_CONFIG
}
