/**
 * The other side, played: for development and tests, never part of a production bundle (vite.config.ts refuses
 * it). It keeps the contract's shapes and nothing of the broker's judgement.
 */
import type { CardView } from './generated/CardView';
import type { Fault } from './generated/Fault';
import type { HistoryRow } from './generated/HistoryRow';
import type { Queue } from './generated/Queue';
import type { QueueRow } from './generated/QueueRow';
import { allCards } from './mock/cards';
import { past } from './mock/past';
import type { Approval, Listeners, KeyState, Seat } from './seat';

const PAGE = 20;

/** A seat whose other side a test can play by hand. */
export interface PlayedSeat extends Seat {
  /** The listeners that the page registered. */
  listeners: Listeners;
  /** Every call that would decide something, in order. */
  decided: ({ denied: string; reason: string | null } | Approval)[];
  /** Requests whose card was reported as painted. */
  paintedIds: string[];
  /** What the next decision is refused with. */
  refuse: Fault | null;
  queue: Queue;
  cards: Map<string, CardView>;
  key: KeyState;
}

/** What every scene starts from: the three requests of the pictures. */
export function mockSeat(scene: string): PlayedSeat {
  const cards = allCards(Date.now());
  const ids = SCENES[scene] ?? ['volume', 'push', 'column'];
  const chosen = ids.map((name) => cards[name]).filter((view) => view !== undefined);
  const seat: PlayedSeat = {
    listeners: undefined as unknown as Listeners,
    decided: [],
    paintedIds: [],
    refuse: null,
    cards: new Map(chosen.map((view) => [view.card.id, view])),
    queue: { waiting: chosen.length, stopped: scene === 'stopped', rows: chosen.map(row) },
    key: keyOf(scene),

    async listen(listeners) {
      seat.listeners = listeners;
      if (scene === 'lost') {
        setTimeout(() => {
          listeners.seat_lost({
            message: 'Sayso ended. What waits is denied at its time limit. Start Sayso again.',
          });
        }, 0);
      }
      return () => undefined;
    },
    async ready() {
      return { queue: seat.queue, card: chosen[0] ?? null, key: seat.key };
    },
    async openCard(id) {
      const view = seat.cards.get(id);
      if (view === undefined) throw gone;
      seat.listeners.card(view);
    },
    async deny(id, reason) {
      if (seat.refuse !== null) throw seat.refuse;
      seat.decided.push({ denied: id, reason });
      end(seat, id, 'denied', 'You denied this.');
    },
    async approve(approval) {
      if (seat.refuse !== null) throw seat.refuse;
      seat.decided.push(approval);
      end(seat, approval.id, 'approved', 'You approved this.');
    },
    async history(search, before) {
      const found = past(Date.now()).filter((row: HistoryRow) =>
        JSON.stringify([row.sentence, row.exact, row.agent, row.environment, row.reason])
          .toLowerCase()
          .includes(search.toLowerCase()),
      );
      const from = before ?? 0;
      const next = from + PAGE < found.length ? from + PAGE : null;
      return { rows: found.slice(from, from + PAGE), next };
    },
    async setStopped(stopped) {
      seat.queue = { ...seat.queue, stopped };
      seat.listeners.queue(seat.queue);
    },
    async setPassphrase() {
      seat.key = { ...seat.key, passphrase_set: true };
      seat.listeners.key(seat.key);
    },
    async renewPassphrase(next) {
      await seat.setPassphrase(null, next);
    },
    async retryKey() {
      seat.key = keyOf('picture');
      seat.listeners.key(seat.key);
    },
    async renewKey() {
      seat.key = keyOf('picture');
      seat.listeners.key(seat.key);
    },
    async painted(id) {
      seat.paintedIds.push(id);
    },
  };
  return seat;
}

const SCENES: Record<string, string[]> = {
  picture: ['volume', 'push', 'column'],
  empty: [],
  edit: ['edit', 'push'],
  hostile: ['hostile', 'volume'],
  long: ['long', 'volume'],
  passphrase: ['vault', 'volume'],
  pending: ['pending', 'push'],
  trouble: ['volume', 'push', 'column'],
  troubleEmpty: [],
};

const gone: Fault = { code: 'not_found', message: 'This request is no longer here.' };

function keyOf(scene: string): KeyState {
  const key: KeyState = {
    kid_short: '7f3a…c91e',
    place: 'login keychain',
    trouble: null,
    passphrase_set: scene === 'passphrase',
  };
  if (!scene.startsWith('trouble')) return key;
  return {
    ...key,
    kid_short: null,
    trouble: {
      code: 'keychain_locked',
      title: 'The login keychain is locked',
      message: 'Sayso cannot reach your key. Unlock the login keychain with your password, then press Retry.',
      can_be_renewed: false,
    },
  };
}

function row(view: CardView): QueueRow {
  const { card, remaining_ms, stage } = view;
  const places: Record<string, string> = {
    'Force-push main': 'pocketos/api',
    'Edit deploy.ts': 'pocketos',
  };
  const place = places[card.short] ?? card.facts.environment_name ?? 'pocketos';
  return {
    id: card.id,
    short: card.short,
    agent: card.agent,
    place,
    severity: card.severity,
    remaining_ms,
    stage,
  };
}

/** Ends a request as the broker would: the card first, then the queue. */
export function end(seat: PlayedSeat, id: string, stage: CardView['stage'], ended: string): void {
  const view = seat.cards.get(id);
  if (view === undefined) return;
  const over = { ...view, stage, ended, remaining_ms: 0 };
  seat.cards.set(id, over);
  seat.listeners.card(over);
  const rows = seat.queue.rows.map((r) => (r.id === id ? { ...r, stage, remaining_ms: 0 } : r));
  seat.queue = { ...seat.queue, rows, waiting: rows.filter((r) => r.stage === 'waiting').length };
  seat.listeners.queue(seat.queue);
}
