//! Desktop notifications: one for each request that needs a person, or one for all of a flood.
//!
//! # Invariants
//! - A press on a notification opens the window or denies. Any program of the session can forge such a press, so
//!   nothing here approves, and a denial pressed here is the machine's word and not a person's.
//! - What an agent wrote stands in the body alone, escaped: notification daemons read markup.
//! - A daemon that is slow or absent costs nothing but its notifications: then the window opens by itself, without
//!   taking the focus.
//! - All of this runs on a thread of its own; no call to the session bus holds up the broker.

use std::collections::HashMap;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use notify_rust::{Hint, Notification, NotificationHandle, NotificationResponse, Timeout, Urgency};
use sayso_broker::Broker;
use sayso_core::{RequestId, Severity};
use tokio::runtime::Handle;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;

use super::shelf::{Shelf, Step};
use super::{LAST_WORDS, Tray, Want, Wants};

/// How long a notification daemon may take to take one: one that starts on demand takes a second or two.
const DAEMON: Duration = Duration::from_secs(4);

/// How often the one for all of a flood is renewed at most.
const RENEW: Duration = Duration::from_secs(1);

/// Characters of a title and of a sender on a notification; the card has them in full.
const TITLE_CHARS: usize = 160;
const FROM_CHARS: usize = 80;

/// Something to tell the person.
#[derive(Debug, Clone)]
pub(super) enum News {
    /// A request needs them.
    NeedsPerson { id: RequestId, title: String, from: String, severity: Severity },
    /// A request ended.
    Ended { id: RequestId },
    /// So many wait now.
    Waiting(u32),
    /// More came than could be told of one by one.
    Flood,
    /// A sentence of Sayso's own.
    Say { head: &'static str, sentence: String },
}

/// Where news goes.
pub(super) struct Notifier(mpsc::UnboundedSender<News>);

impl Notifier {
    pub(super) fn tell(&self, news: News) {
        // The thread outlives every notifier.
        let _ = self.0.send(news);
    }
}

/// Starts the thread of the notifications. Denials run on `broker_runtime`. The thread ends, and takes down what
/// stands, once the notifier is dropped.
pub(super) fn start(tray: &Tray, broker_runtime: Handle) -> std::io::Result<(Notifier, JoinHandle<()>)> {
    let (tell, news) = mpsc::unbounded_channel();
    let own = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (broker, wants) = (Arc::clone(&tray.broker), tray.wants.clone());
    let thread = std::thread::Builder::new().name("sayso-notify".to_owned()).spawn(move || {
        let local = tokio::task::LocalSet::new();
        local.block_on(&own, Standing::new(broker, wants, broker_runtime).run(news));
    })?;
    Ok((Notifier(tell), thread))
}

/// What a person did with a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Press {
    Open,
    Deny,
    Closed,
}

/// Which notification something is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum About {
    One(RequestId),
    All,
    /// Sayso itself, under this head.
    Sayso(&'static str),
}

/// The notifications that stand.
struct Standing {
    broker: Arc<Broker>,
    wants: Wants,
    broker_runtime: Handle,
    shelf: Shelf,
    texts: HashMap<RequestId, Notification>,
    /// Dropping the sender closes the notification.
    closers: HashMap<About, oneshot::Sender<()>>,
    /// The task of each that stands.
    raised: JoinSet<()>,
    /// The count that the one for all is to show next.
    due: Option<u32>,
    presses: mpsc::UnboundedSender<(About, Press)>,
    from_presses: Option<mpsc::UnboundedReceiver<(About, Press)>>,
}

impl Standing {
    fn new(broker: Arc<Broker>, wants: Wants, broker_runtime: Handle) -> Self {
        let (presses, from_presses) = mpsc::unbounded_channel();
        Self {
            broker,
            wants,
            broker_runtime,
            shelf: Shelf::default(),
            texts: HashMap::new(),
            closers: HashMap::new(),
            raised: JoinSet::new(),
            due: None,
            presses,
            from_presses: Some(from_presses),
        }
    }

    async fn run(mut self, mut news: mpsc::UnboundedReceiver<News>) {
        let Some(mut pressed) = self.from_presses.take() else { return };
        let mut renew = tokio::time::interval(RENEW);
        renew.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                told = news.recv() => match told {
                    Some(told) => self.take(told),
                    None => return self.take_all_down().await,
                },
                Some((about, press)) = pressed.recv() => self.press(about, press),
                _ = renew.tick(), if self.due.is_some() => self.raise_all(),
            }
        }
    }

    /// A notification whose Sayso is gone would be a button that does nothing.
    async fn take_all_down(&mut self) {
        self.closers.clear();
        let all = async { while self.raised.join_next().await.is_some() {} };
        if tokio::time::timeout(LAST_WORDS, all).await.is_err() {
            tracing::warn!("notifications may be left standing: their daemon does not answer");
        }
    }

    fn take(&mut self, news: News) {
        let steps = match news {
            News::NeedsPerson { id, title, from, severity } => {
                let steps = self.shelf.needs_person(id);
                if steps.contains(&Step::Raise(id)) {
                    self.texts.insert(id, one(&title, &from, severity));
                }
                steps
            }
            News::Ended { id } => self.shelf.ended(id),
            News::Waiting(count) => self.shelf.waiting(count),
            News::Flood => self.shelf.flood(),
            News::Say { head, sentence } => {
                self.raise(About::Sayso(head), said(head, &sentence));
                Vec::new()
            }
        };
        for step in steps {
            self.step(step);
        }
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Raise(id) => {
                if let Some(text) = self.texts.remove(&id) {
                    self.raise(About::One(id), text);
                }
            }
            Step::Lower(id) => {
                self.closers.remove(&About::One(id));
            }
            Step::RaiseAll(count) => self.due = Some(count),
            Step::LowerAll => {
                self.due = None;
                self.closers.remove(&About::All);
            }
        }
    }

    fn raise_all(&mut self) {
        let Some(count) = self.due.take() else { return };
        self.raise(About::All, all(count));
    }

    /// Raises one, in the background; one that stood for the same goes.
    fn raise(&mut self, about: About, text: Notification) {
        let (stay, until) = oneshot::channel();
        self.closers.insert(about, stay);
        let (presses, wants) = (self.presses.clone(), self.wants.clone());
        // Those that have gone meanwhile.
        while self.raised.try_join_next().is_some() {}
        self.raised.spawn_local(async move {
            match shown(&text).await {
                Ok(handle) => hold(handle, about, until, presses).await,
                Err(why) => {
                    tracing::warn!(why, "no notification daemon answers; the window opens instead");
                    let id = if let About::One(id) = about { Some(id) } else { None };
                    // Nobody listens any more at the end of the process.
                    let _ = wants.send(Want::Open { id, activate: false });
                }
            }
        });
    }

    fn press(&mut self, about: About, press: Press) {
        self.closers.remove(&about);
        let About::One(id) = about else {
            if press == Press::Open {
                let _ = self.wants.send(Want::Open { id: None, activate: true });
            }
            return;
        };
        self.shelf.gone(id);
        match press {
            Press::Open => {
                let _ = self.wants.send(Want::Open { id: Some(id), activate: true });
            }
            Press::Deny => {
                let broker = Arc::clone(&self.broker);
                self.broker_runtime.spawn(async move {
                    if let Err(fault) = broker.deny_from_notification(id).await {
                        tracing::warn!(%id, %fault, "a denial pressed on a notification came to nothing");
                    }
                });
            }
            Press::Closed => {}
        }
    }
}

/// Hands it to the daemon, within a time limit.
async fn shown(text: &Notification) -> Result<NotificationHandle, String> {
    match tokio::time::timeout(DAEMON, text.show_async()).await {
        Ok(Ok(handle)) => Ok(handle),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("it did not answer in time".to_owned()),
    }
}

/// Waits for a press, or closes it once it is to go.
async fn hold(
    handle: NotificationHandle,
    about: About,
    until: oneshot::Receiver<()>,
    presses: mpsc::UnboundedSender<(About, Press)>,
) {
    let press = |response: &NotificationResponse| {
        let press = match response {
            NotificationResponse::Default => Press::Open,
            NotificationResponse::Action(action) if action == OPEN => Press::Open,
            NotificationResponse::Action(action) if action == DENY => Press::Deny,
            _ => Press::Closed,
        };
        let _ = presses.send((about, press));
    };
    tokio::select! {
        () = handle.wait_for_action_async(press) => {}
        _ = until => {}
    }
    // Daemons differ in whether a press takes the notification away.
    let _ = tokio::time::timeout(DAEMON, handle.close_async()).await;
}

const OPEN: &str = "open";
const DENY: &str = "deny";

fn one(title: &str, from: &str, severity: Severity) -> Notification {
    let mut text = plain("A request waits for you");
    text.body(&format!("{}\n{}", escaped(&cut(title, TITLE_CHARS)), escaped(&cut(from, FROM_CHARS))))
        .action(DENY, "Deny")
        .urgency(if severity >= Severity::Critical { Urgency::Critical } else { Urgency::Normal });
    text
}

fn all(count: u32) -> Notification {
    let mut text = plain(&if count == 1 {
        "A request waits for you".to_owned()
    } else {
        format!("{count} requests wait for you")
    });
    text.body("Open Sayso to read what waits.").urgency(Urgency::Critical);
    text
}

fn said(head: &str, sentence: &str) -> Notification {
    let mut text = plain(head);
    text.body(&escaped(sentence));
    text
}

/// The head is Sayso's own words, always: not every daemon takes it for plain text.
fn plain(head: &str) -> Notification {
    let mut text = Notification::new();
    text.appname("Sayso")
        .summary(head)
        .icon("sayso-desktop")
        .hint(Hint::DesktopEntry("Sayso".to_owned()))
        .hint(Hint::Category("im.received".to_owned()))
        .timeout(Timeout::Never)
        .action("default", "Open")
        .action(OPEN, "Open");
    text
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most - 1).collect();
    short.push('…');
    short
}

/// Text as the notifications' markup has it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agent_wrote_is_text_in_the_body_and_never_markup() {
        let text = one("<a href=\"x\">Approved</a> & done", "Claude\nCode · ~/<b>", Severity::High);
        assert!(!text.summary.contains("Approved"));
        assert_eq!(text.body, "&lt;a href=\"x\"&gt;Approved&lt;/a&gt; &amp; done\nClaude Code · ~/&lt;b&gt;");
    }

    #[test]
    fn no_notification_offers_an_approval() {
        for text in [one("t", "f", Severity::Critical), all(12)] {
            assert!(text.actions.chunks(2).all(|pair| matches!(pair[0].as_str(), "default" | OPEN | DENY)));
        }
        assert!(!all(12).actions.iter().any(|word| word == DENY), "a flood is not denied by one press");
    }

    #[test]
    fn a_long_title_says_that_it_goes_on() {
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut("abcd", 3), "ab…");
    }
}
