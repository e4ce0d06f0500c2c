#!/usr/bin/env bash
# A client generator whose peer range takes TypeScript 7 does not start beside it.
#
# @hey-api/openapi-ts 0.99.0 says that it works beside TypeScript ">=5.5.3 || >=6.0.0 || 6.0.1-rc", so npm installs it
# together with 7.0.2 without a word. Seen with node 20.20.2: every command ends with exit code 1 and a TypeError,
# "Cannot read properties of undefined (reading 'AnyKeyword')", before it looks at the document: TypeScript 7's package
# is a compiler without the interface (ts.SyntaxKind, ts.factory) that the generator writes its code with. Beside 5.9.3
# the same command makes the client. What to do: pin TypeScript 5.9 or 6 where clients are generated; those made compile
# with 7's tsc. Ends with 1 if any of this is no longer so.
set -euo pipefail
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
cd "$place"
cat >api.json <<'JSON'
{"openapi": "3.0.3", "info": {"title": "one route", "version": "1"},
 "paths": {"/live": {"get": {"operationId": "isLive", "responses": {"200": {"description": "It is."}}}}}}
JSON
install() { npm install --ignore-scripts --no-audit --no-fund --loglevel=error "$@" >npm.log 2>&1 || { cat npm.log >&2; exit 1; }; }
generate() { node_modules/.bin/openapi-ts -i api.json -o "$1" >"$1.log" 2>&1; }

echo '{"private": true, "type": "module"}' >package.json
install @hey-api/openapi-ts@0.99.0 typescript@7.0.2 @types/node@20.9.5
npm ls typescript @hey-api/openapi-ts >tree.log 2>&1 || { echo "npm finds a conflict now"; cat tree.log; exit 1; }
if generate beside7; then echo "it generates beside TypeScript 7 now"; exit 1; fi
grep -q "TypeError: Cannot read properties of undefined" beside7.log || { cat beside7.log; exit 1; }
echo "beside TypeScript 7.0.2: $(grep -m1 TypeError beside7.log)"

install typescript@5.9.3
generate beside5 || { cat beside5.log; exit 1; }
grep -q "export const isLive" beside5/sdk.gen.ts
echo "beside TypeScript 5.9.3: $(ls beside5 | wc -l) files"

install typescript@7.0.2
node_modules/.bin/tsc --noEmit --strict --target es2022 --module esnext --moduleResolution bundler --lib es2022,dom,dom.iterable \
  --types node --skipLibCheck beside5/index.ts
echo "those compile with TypeScript $(node_modules/.bin/tsc --version)"
