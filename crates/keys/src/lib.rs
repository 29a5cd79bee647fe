//! Signing keys: the keychain, the passphrase, the machine's own key
