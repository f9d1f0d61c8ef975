#!/bin/sh
# Types of every package. `core` and `weights` are compiled twice: alone, where they cannot even
# name the disk, the network or a timer, and then with their tests.
set -eu
cd "$(dirname "$0")/.."
for project in \
  packages/core packages/core/tsconfig.test.json \
  packages/weights packages/weights/tsconfig.test.json \
  packages/lab packages/lab/tsconfig.test.json \
  packages/node apps/server apps/probe apps/executor apps/notifier apps/witness apps/lab apps/cli apps/console bench tools
do
  node_modules/.bin/tsc -p "$project"
done
