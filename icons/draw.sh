#!/bin/sh
# Draws every icon from its SVG. Run after a change to one; the drawn files are committed, so that a build
# needs no drawing program. Takes `tauri`, from `npm install --global @tauri-apps/cli@2`.
set -eu
cd "$(dirname "$0")"
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
tauri icon app.svg --output "$out" >/dev/null 2>&1
cp "$out/32x32.png" "$out/128x128.png" "$out/128x128@2x.png" "$out/icon.ico" "$out/icon.icns" .
cp "$out/icon.png" 512x512.png
for mark in normal waiting stopped; do
    # 64 pixels: panels draw at 16 to 48, and scale down better than up.
    tauri icon "tray-$mark.svg" --png 64 --output "$out" >/dev/null 2>&1
    cp "$out/64x64.png" "tray-$mark.png"
done
