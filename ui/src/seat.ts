/**
 * The contract between the window's page and the process around it: the commands it takes and the events it
 * sends. The Rust side (`src-tauri`) follows this file; the shapes of the payloads are generated from Rust.
 *
 * Invariant: nothing here decides. `approve` hands over what the person saw and typed; whether that makes an
 * approval is worked out on the other side.
 */
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';

import type { CardView } from './generated/CardView';
import type { Fault } from './generated/Fault';
import type { HistoryPage } from './generated/HistoryPage';
import type { Queue } from './generated/Queue';

/** The person's key, as far as the page may know of it. */
export interface KeyState {
  /** First and last four characters of its id: `7f3a…c91e`; null where there is no usable key. */
  kid_short: string | null;
  /** Where it lies, as words in a sentence: `login keychain`. */
  place: string;
  /** Why it cannot sign now; null where it can. */
  trouble: Trouble | null;
  /** Whether a passphrase guards critical approvals. */
  passphrase_set: boolean;
}

/** What is wrong with the key, and what to do about it. */
export interface Trouble {
  /** Stable, for programs. */
  code: string;
  /** A few words. */
  title: string;
  /** A sentence or two with what to do. */
  message: string;
  /** Whether the key is lost for good, so that a person may have a new one made. */
  can_be_renewed: boolean;
}

/** The first state, given by `ready`. */
export interface Opening {
  queue: Queue;
  card: CardView | null;
  key: KeyState;
}

/** The events, by name. */
export interface Events {
  /** The queue as it is now. */
  queue: Queue;
  /** The opened card or its newer form; null where it is gone. */
  card: CardView | null;
  /** The key's state as it is now. */
  key: KeyState;
  /**
   * Bring this request to the front. Where `activate` is false nobody pressed anything: a card that waits on
   * the screen then stays.
   */
  show: { id: string | null; activate?: boolean };
  /** The tray application ended: nothing can be decided any more. */
  seat_lost: { message: string };
}

/** One handler for each event. */
export type Listeners = { [Name in keyof Events]: (payload: Events[Name]) => void };

/** What the page can call for. Every call may reject with a `Fault`. */
export interface Seat {
  /** Registers the listeners; they are in place when the promise resolves. */
  listen(listeners: Listeners): Promise<() => void>;
  /** The first state. May be called again, for instance after the machine slept. */
  ready(): Promise<Opening>;
  /** Send this card, and its newer forms as they come. */
  openCard(id: string): Promise<void>;
  /** Deny, with a reason for the agent or without. */
  deny(id: string, reason: string | null): Promise<void>;
  /** Approve what has the digest `shown`, with what the person typed. */
  approve(approval: Approval): Promise<void>;
  /** A page of history, newest first. */
  history(search: string, before: number | null): Promise<HistoryPage>;
  /** Stop all agents, or let them go on. */
  setStopped(stopped: boolean): Promise<void>;
  /** Set the passphrase, or change it; `current` is null where none is set. */
  setPassphrase(current: string | null, next: string): Promise<void>;
  /** Set a passphrase in the place of a forgotten one; recorded as that, and told by a notification. */
  renewPassphrase(next: string): Promise<void>;
  /** Try the keychain again. */
  retryKey(): Promise<void>;
  /** Makes a new key in the place of a lost one; only where `can_be_renewed`. */
  renewKey(): Promise<void>;
  /** The card of this request stands on the screen. For measurements alone. */
  painted(id: string, settled: boolean): Promise<void>;
}

/** What an approval says. */
export interface Approval {
  id: string;
  /** The digest of the card that stood on the screen. */
  shown: string;
  /** The target's name as typed, where it had to be. */
  typed: string | null;
  /** The passphrase, where it had to be given. */
  passphrase: string | null;
}

/** The real seat: Tauri's commands and events. */
export const tauriSeat: Seat = {
  async listen(listeners) {
    const ends = await Promise.all([
      listen<Events['queue']>('queue', (event) => listeners.queue(event.payload)),
      listen<Events['card']>('card', (event) => listeners.card(event.payload)),
      listen<Events['key']>('key', (event) => listeners.key(event.payload)),
      listen<Events['show']>('show', (event) => listeners.show(event.payload)),
      listen<Events['seat_lost']>('seat_lost', (event) => listeners.seat_lost(event.payload)),
    ]);
    return () => ends.forEach((end) => end());
  },
  ready: () => invoke('ready'),
  openCard: (id) => invoke('open_card', { id }),
  deny: (id, reason) => invoke('deny', { id, reason }),
  approve: ({ id, shown, typed, passphrase }) => invoke('approve', { id, shown, typed, passphrase }),
  history: (search, before) => invoke('history', { search, before }),
  setStopped: (stopped) => invoke('set_stopped', { stopped }),
  setPassphrase: (current, next) => invoke('set_passphrase', { current, next }),
  renewPassphrase: (next) => invoke('renew_passphrase', { next }),
  retryKey: () => invoke('retry_key'),
  renewKey: () => invoke('renew_key'),
  painted: (id, settled) => invoke('painted', { id, settled }),
};

/** Whatever a call rejected with, as a fault with a sentence. */
export function asFault(thrown: unknown): Fault {
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) {
    const code = 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : 'unexpected';
    return { code, message: String(thrown.message) };
  }
  return { code: 'unexpected', message: String(thrown) };
}
