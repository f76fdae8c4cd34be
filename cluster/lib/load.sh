# shellcheck shell=bash
# Loads everything the commands here share. Sourced, never run.
lib=$(dirname "${BASH_SOURCE[0]}")
# shellcheck source=common.sh
source "$lib/common.sh"
# shellcheck source=process.sh
source "$lib/process.sh"
# shellcheck source=ports.sh
source "$lib/ports.sh"
# shellcheck source=packages.sh
source "$lib/packages.sh"
# shellcheck source=services.sh
source "$lib/services.sh"
# shellcheck source=build.sh
source "$lib/build.sh"
# shellcheck source=cluster.sh
source "$lib/cluster.sh"
# shellcheck source=balancer.sh
source "$lib/balancer.sh"
