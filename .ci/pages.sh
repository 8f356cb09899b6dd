#!/usr/bin/env bash
# Builds the console's pages, whose tests in a browser are skipped without them; the last line says whether it did.
#
# Installing may fail, as without Node or a package index, and is bounded in time; pages that do not build are an error.
# usage: .ci/pages.sh [folder of the pages] [seconds that installing may take]
set -euo pipefail
cd "${1:-"$(dirname "$0")/../stack/console/web"}"

say() { printf 'the console'"'"'s pages: %s\n' "$*"; }

if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  say "not built, and not tested in a browser: there is no Node with npm here"
  exit 0
fi
if ! node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)'; then
  say "not built, and not tested in a browser: Node 20.19 or newer is needed, this is $(node --version)"
  exit 0
fi
if ! timeout --kill-after=10 "${2:-300}" npm ci --ignore-scripts --no-audit --no-fund --fetch-retries=1; then
  rm -rf node_modules  # half of them would not be missing, but broken
  say "not built, and not tested in a browser: npm could not install what they need (above is why)"
  exit 0
fi
npm run --silent build
say "built"
