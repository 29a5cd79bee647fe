//! The catalogue's files. A new provider is a new line.

/// Every provider's file.
pub(super) const FILES: &[&str] = &[
    include_str!("../../catalogue/cloudflare.toml"),
    include_str!("../../catalogue/fly.toml"),
    include_str!("../../catalogue/github.toml"),
    include_str!("../../catalogue/heroku.toml"),
    include_str!("../../catalogue/neon.toml"),
    include_str!("../../catalogue/netlify.toml"),
    include_str!("../../catalogue/planetscale.toml"),
    include_str!("../../catalogue/railway.toml"),
    include_str!("../../catalogue/slack.toml"),
    include_str!("../../catalogue/stripe.toml"),
    include_str!("../../catalogue/supabase.toml"),
    include_str!("../../catalogue/vercel.toml"),
];
