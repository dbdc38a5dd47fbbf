#!/bin/sh
# See to it that the browser tests have a Chromium; say nothing when one is there.
set -eu

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then exit 0; fi
done

if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium for the browser tests."
    apt-get update -qq
    # Its fontconfig brings DejaVu, which has Persian letters and digits, so no font is added here.
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium
else
    echo "Installing Playwright's Chromium for the browser tests."
    .venv/bin/playwright install --with-deps chromium || .venv/bin/playwright install chromium
fi
