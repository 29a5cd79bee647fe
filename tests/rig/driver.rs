//! A WebDriver at the application's window. WebKitWebDriver starts the application itself, as the session's browser.

use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

use crate::desktop::Desktop;
use crate::{PATIENCE, programs, wait_for};

/// The application with its window open, and a hand at the window.
pub struct Driver {
    driver: Child,
    /// The hand.
    pub client: Client,
}

impl Driver {
    /// Starts the application with its window and takes hold of it.
    pub async fn start(desktop: &Desktop) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let log = std::fs::File::create(desktop.home().join("driver.log")).unwrap();
        let driver = desktop
            .command("WebKitWebDriver")
            .arg(format!("--port={port}"))
            .env("TAURI_WEBVIEW_AUTOMATION", "true")
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        wait_for("WebKitWebDriver", || std::net::TcpStream::connect(("127.0.0.1", port)).ok());
        let capabilities = json!({
            "webkitgtk:browserOptions": { "binary": programs().join("sayso-desktop"), "args": [] }
        });
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().unwrap().clone());
        let address = format!("http://127.0.0.1:{port}");
        let session = builder.connect(&address);
        let client = tokio::time::timeout(PATIENCE, session).await.expect("a session in time").unwrap();
        Self { driver, client }
    }

    /// The text of the element with this `data-testid`, once it is there.
    pub async fn text(&self, testid: &str) -> String {
        self.find(testid).await.text().await.unwrap()
    }

    /// The element with this `data-testid`, once it is there.
    pub async fn find(&self, testid: &str) -> fantoccini::elements::Element {
        let selector = format!("[data-testid='{testid}']");
        let wait = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(&selector));
        wait.await.unwrap_or_else(|e| panic!("no element {testid}: {e}"))
    }

    /// All elements with this `data-testid` now.
    pub async fn find_all(&self, testid: &str) -> Vec<fantoccini::elements::Element> {
        self.client.find_all(Locator::Css(&format!("[data-testid='{testid}']"))).await.unwrap()
    }

    /// Waits until `look` at the page's script gives `true`.
    pub async fn wait_until(&self, what: &str, script: &str) {
        let started = std::time::Instant::now();
        loop {
            let value = self.client.execute(&format!("return Boolean({script})"), vec![]).await.unwrap();
            if value == json!(true) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "waited in vain for {what}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the element's text contains `words`.
    pub async fn wait_for_text(&self, testid: &str, words: &str) {
        let script = format!(
            "(document.querySelector(\"[data-testid='{testid}']\") ?? {{}}).innerText?.includes({})",
            json!(words)
        );
        self.wait_until(&format!("{words:?} in {testid}"), &script).await;
    }

    /// Clicks, once the element takes clicks.
    pub async fn click(&self, testid: &str) {
        let enabled = format!(
            "(e => e && !e.disabled && e.getAttribute('aria-disabled') !== 'true')(document.querySelector(\"[data-testid='{testid}']\"))"
        );
        self.wait_until(&format!("{testid} to take clicks"), &enabled).await;
        self.find(testid).await.click().await.unwrap();
    }

    /// Writes what the window shows to `target/screenshots`.
    pub async fn picture(&self, name: &str) {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(name), self.client.screenshot().await.unwrap()).unwrap();
    }

    /// Types into an element.
    pub async fn type_into(&self, testid: &str, text: &str) {
        self.find(testid).await.send_keys(text).await.unwrap();
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
