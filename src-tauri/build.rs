//! Compiles the window's configuration in: its commands become permissions, of which the window gets these alone.

/// Everything the window can call. The same names stand in `capabilities/window.json`.
const COMMANDS: &[&str] = &[
    "ready",
    "open_card",
    "deny",
    "approve",
    "history",
    "set_stopped",
    "set_passphrase",
    "retry_key",
    "renew_key",
    "renew_passphrase",
    "painted",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The window's page is compiled in; a new page is a new program.
    println!("cargo:rerun-if-changed=../ui/dist");
    if !std::path::Path::new("../ui/dist/index.html").is_file() {
        return Err(
            "ui/dist is not built; run `npm --prefix ui ci && npm --prefix ui run build` first".into()
        );
    }
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?;
    Ok(())
}
