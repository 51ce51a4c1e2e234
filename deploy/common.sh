# Sourced by the scripts of this folder, whose compose files and variables are the operator's.
: "${COMPOSE_FILE:=compose.yaml}"
export COMPOSE_FILE

# A variable of the environment, else of the file of variables, else what is given. As Compose reads
# that file: the last line counts; quotes, and a comment behind, are no part of the value.
setting() {
  eval "value=\${$1:-}"
  [ -n "$value" ] || value=$(cat "${COMPOSE_ENV_FILES:-.env}" 2>/dev/null | tr -d '\r' |
    sed -n "s/^[[:space:]]*\(export[[:space:]]*\)\{0,1\}$1[[:space:]]*=[[:space:]]*//p" | tail -n 1 |
    sed -e 's/^"\([^"]*\)".*/\1/' -e t -e "s/^'\([^']*\)'.*/\1/" -e t \
      -e 's/[[:space:]][[:space:]]*#.*//' -e 's/[[:space:]]*$//')
  printf '%s\n' "${value:-${2:-}}"
}

needs_image() {
  image=$(docker compose --profile "$1" config --images "$1" | tail -n 1)
  if ! docker image inspect "$image" >/dev/null 2>&1; then
    echo "There is no image $image: build it first (docker compose build), or set PANEL_VERSION." >&2
    exit 69
  fi
}
