#!/bin/sh
# Makes ./configure from a checkout. A release tarball has it already.
set -e
cd "$(dirname "$0")"
exec autoreconf --force --install --warnings=all
