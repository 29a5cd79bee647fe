/**
 * What stands on the screen, and what may be done about it now.
 *
 * Invariants:
 * - Buttons are inert for `INERT_MS` after a card appears, changes, or the window gains the focus.
 * - What is sent for approval carries the digest of the card on the screen.
 * - Another card never takes the place of a waiting one by itself. One that ended here gives way to the first that
 *   waits, once it stood ended for `CONFIRM_MS` and no hand was on the window for `QUIET_MS`; one that the person
 *   opened after its end stays until they open another.
 * - Time left is counted on the monotonic clock. At 0 nothing can be decided here; how it ended, the broker says.
 *
 * Deliberately absent: any judgement about a request.
 */
import type { CardView } from './generated/CardView';
import type { Fault } from './generated/Fault';
import type { Queue } from './generated/Queue';
import type { QueueRow } from './generated/QueueRow';
import { countdownInWords } from './lib/time';
import { stageWord } from './lib/words';
import type { KeyState, Seat } from './seat';
import { asFault } from './seat';

/** How long buttons stay inert: longer than a click that was already on its way when the card came. */
export const INERT_MS = 750;
/** How long "Denied" stands before the next card comes: long enough to be read. */
export const CONFIRM_MS = 1400;
/** How long no hand must have been on the window before a card that ended gives way by itself: a pointer that rests is
 * not about to press, one that just moved may be. */
export const QUIET_MS = 3000;
/** How often times are counted anew. Four times a second, so that no second is seen to be skipped. */
const TICK_MS = 250;
/** Wall and monotonic clock this far apart within one tick: the machine slept, or its clock was set. */
const SLEPT_MS = 2000;
/** At these times left a screen reader is told. */
const TOLD_AT_MS = [60_000, 10_000];

export type Page = 'card' | 'history' | 'settings';

/** What the person typed beside their decision. */
export interface Words {
  reason: string;
  typed: string;
  passphrase: string;
}

export class View {
  queue = $state.raw<Queue>({ waiting: 0, rows: [], stopped: false });
  card = $state.raw<CardView | null>(null);
  key = $state.raw<KeyState>({ kid_short: null, place: '', trouble: null, passphrase_set: false });
  page = $state<Page>('card');
  /** The first state has come. */
  begun = $state(false);
  /** The tray application ended. */
  lost = $state<string | null>(null);
  /** The request that the person wants on the screen. */
  wanted = $state<string | null>(null);
  /** A decision is on its way. */
  busy = $state(false);
  /** What came of the last decision, while it is shown. */
  confirmed = $state<string | null>(null);
  fault = $state.raw<Fault | null>(null);
  /** What a screen reader is told next. */
  said = $state('');
  /** Monotonic now. */
  mono = $state(performance.now());
  /** The wall clock's now. */
  wall = $state(Date.now());
  /** Whether buttons do nothing yet. */
  inert = $state(true);

  /** Waits, is the one that was asked for, and nothing is under way. */
  readonly decidable = $derived(
    this.card !== null &&
      this.card.stage === 'waiting' &&
      this.card.card.id === this.wanted &&
      this.lost === null &&
      !this.busy &&
      this.confirmed === null &&
      this.cardLeft > 0,
  );

  #seat: Seat;
  #inertUntil = Number.POSITIVE_INFINITY;
  #inertTimer: ReturnType<typeof setTimeout> | undefined;
  #confirmTimer: ReturnType<typeof setTimeout> | undefined;
  #ticker: ReturnType<typeof setInterval> | undefined;
  /** When the card on the screen ended, by itself; null where it waits, or was opened after its end. */
  #endedAt: number | null = null;
  /** Whether the card was opened by the person's own hand. */
  #chosen = false;
  #touchedAt = Number.NEGATIVE_INFINITY;
  #queueAt = $state(0);
  #cardAt = $state(0);
  #end: (() => void) | undefined;

  constructor(seat: Seat) {
    this.#seat = seat;
  }

  get seat(): Seat {
    return this.#seat;
  }

  /** Milliseconds until the card on the screen denies itself. */
  get cardLeft(): number {
    return this.card === null ? 0 : Math.max(0, this.card.remaining_ms - (this.mono - this.#cardAt));
  }

  /** Milliseconds until a row's request denies itself. */
  rowLeft(row: QueueRow): number {
    return Math.max(0, row.remaining_ms - (this.mono - this.#queueAt));
  }

  /** Listens, fetches the first state, and counts time until `stop`. */
  async start(): Promise<void> {
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    try {
      this.#end = await this.#seat.listen({
        queue: (queue) => this.#takeQueue(queue),
        card: (card) => this.#takeCard(card),
        key: (key) => {
          if (key.trouble !== null && this.key.trouble?.code !== key.trouble.code)
            this.say(key.trouble.title);
          this.key = key;
        },
        show: ({ id, activate }) => this.#show(id, activate ?? true),
        seat_lost: ({ message }) => {
          this.lost = message;
        },
      });
      await this.#fetch();
    } catch (thrown) {
      this.lost = asFault(thrown).message;
    }
    this.begun = true;
  }

  stop(): void {
    this.#end?.();
    clearInterval(this.#ticker);
    clearTimeout(this.#inertTimer);
    clearTimeout(this.#confirmTimer);
  }

  /** Stops counting time. For pictures alone. */
  freeze(): void {
    clearInterval(this.#ticker);
  }

  /** Buttons do nothing for a while from now. */
  rest(): void {
    this.inert = true;
    this.#inertUntil = performance.now() + INERT_MS;
    clearTimeout(this.#inertTimer);
    this.#inertTimer = setTimeout(() => {
      this.inert = false;
    }, INERT_MS);
  }

  /** Whether a press that began at this time may decide. */
  mayDecide(began: number): boolean {
    return this.decidable && !this.inert && began >= this.#inertUntil;
  }

  /** The person's hand did something: a key, a press, a pointer that moved. */
  touched(): void {
    this.#touchedAt = performance.now();
  }

  /** Puts a request on the screen; `chosen` where the person asked for it. */
  async open(id: string, chosen = true): Promise<void> {
    this.page = 'card';
    this.#chosen = chosen;
    this.#endConfirmation();
    this.fault = null;
    this.wanted = id;
    this.rest();
    try {
      await this.#seat.openCard(id);
    } catch (thrown) {
      if (this.wanted !== id) return;
      this.wanted = this.card?.card.id ?? null;
      this.#complain(thrown);
    }
  }

  /** Turns to another page. */
  turn(page: Page): void {
    this.page = page;
    if (page === 'card') {
      this.rest();
      this.#openFirst();
    }
  }

  async deny(words: Words): Promise<void> {
    const view = this.card;
    if (view === null || !this.decidable) return;
    const reason = words.reason.trim() === '' ? null : words.reason.trim();
    const told = reason === null ? 'Denied.' : 'Denied, with your reason.';
    await this.#decide(view, told, () => this.#seat.deny(view.card.id, reason));
  }

  async approve(words: Words): Promise<void> {
    const view = this.card;
    if (view === null || this.approval(words) !== 'ready') return;
    const typed = view.card.type_to_approve === null ? null : words.typed;
    const passphrase = view.card.presence === 'passphrase' ? words.passphrase : null;
    const approval = { id: view.card.id, shown: view.shown, typed, passphrase };
    await this.#decide(view, 'Approved and signed. It counts once.', () => this.#seat.approve(approval));
  }

  /** Whether an approval could be sent with these words, and if not, what is missing. */
  approval(
    words: Words,
  ): 'ready' | 'not_now' | 'unsettled' | 'no_key' | 'no_passphrase' | 'no_device' | 'words' {
    const view = this.card;
    if (view === null || !this.decidable) return 'not_now';
    if (this.key.trouble !== null) return 'no_key';
    if (!view.settled) return 'unsettled';
    if (view.card.presence === 'security_key') return 'no_device';
    if (view.card.presence === 'passphrase') {
      if (!this.key.passphrase_set) return 'no_passphrase';
      if (words.passphrase === '') return 'words';
    }
    const name = view.card.type_to_approve;
    if (name !== null && words.typed !== name) return 'words';
    return 'ready';
  }

  /** The request to turn to after the one on the screen; null where nothing else waits. */
  get nextWaiting(): string | null {
    const rows = this.queue.rows.filter((row) => row.stage === 'waiting' && row.id !== this.card?.card.id);
    return rows[0]?.id ?? null;
  }

  async setStopped(stopped: boolean): Promise<void> {
    try {
      await this.#seat.setStopped(stopped);
      this.fault = null;
    } catch (thrown) {
      this.#complain(thrown);
    }
  }

  async retryKey(): Promise<void> {
    try {
      await this.#seat.retryKey();
      this.fault = null;
    } catch (thrown) {
      this.#complain(thrown);
    }
  }

  async renewKey(): Promise<void> {
    try {
      await this.#seat.renewKey();
      this.fault = null;
    } catch (thrown) {
      this.#complain(thrown);
    }
  }

  /** Tells a screen reader, once. */
  say(text: string): void {
    // The same words twice would be no change, and so not be read.
    this.said = this.said === text ? `${text}\u00a0` : text;
  }

  async #decide(view: CardView, told: string, send: () => Promise<void>): Promise<void> {
    this.busy = true;
    this.fault = null;
    try {
      await send();
      this.#confirm(view.card.id, told);
    } catch (thrown) {
      this.#complain(thrown);
      this.rest();
    } finally {
      this.busy = false;
    }
  }

  #confirm(id: string, told: string): void {
    this.confirmed = told;
    this.say(told);
    clearTimeout(this.#confirmTimer);
    this.#confirmTimer = setTimeout(() => {
      this.confirmed = null;
      if (this.card?.card.id !== id) return;
      const next = this.nextWaiting;
      if (next === null) this.#clear();
      else if (this.page === 'card') void this.open(next, false);
      else this.#clear();
    }, CONFIRM_MS);
  }

  #endConfirmation(): void {
    clearTimeout(this.#confirmTimer);
    this.confirmed = null;
  }

  /** Lets a card that ended go, for the first that waits, where no hand is near. */
  #giveWay(): void {
    const next = this.nextWaiting;
    if (next === null || this.page !== 'card' || this.busy || this.confirmed !== null) return;
    if (this.#endedAt === null || this.card === null || this.card.card.id !== this.wanted) return;
    const now = performance.now();
    if (now - this.#endedAt < CONFIRM_MS || now - this.#touchedAt < QUIET_MS) return;
    void this.open(next, false);
  }

  #clear(): void {
    this.card = null;
    this.wanted = null;
  }

  #complain(thrown: unknown): void {
    this.fault = asFault(thrown);
  }

  async #fetch(): Promise<void> {
    const { queue, card, key } = await this.#seat.ready();
    this.key = key;
    if (card !== null) this.#takeCard(card);
    this.#takeQueue(queue);
  }

  #takeQueue(queue: Queue): void {
    const known = this.queue.rows.map((row) => row.id);
    const came = queue.rows.filter((row) => row.stage === 'waiting' && !known.includes(row.id));
    if (this.begun && came.length > 0) {
      const first = came[0] as QueueRow;
      const more = came.length > 1 ? ` and ${came.length - 1} more` : '';
      this.say(
        `New request: ${first.short}, ${first.agent}, ${first.place}${more}. ${queue.waiting} waiting.`,
      );
    }
    if (this.begun && queue.stopped !== this.queue.stopped) {
      this.say(queue.stopped ? 'All agents are stopped.' : 'Agents may go on.');
    }
    this.#queueAt = performance.now();
    this.mono = this.#queueAt;
    this.wall = Date.now();
    this.queue = queue;
    this.#openFirst();
    this.#giveWay();
  }

  #takeCard(view: CardView | null): void {
    if (view === null) {
      if (this.confirmed === null) this.#clear();
      this.#openFirst();
      return;
    }
    const id = view.card.id;
    // A card that nobody asked for does not push a waiting one away.
    if (this.wanted !== null && this.wanted !== id) return;
    this.wanted = id;
    const before = this.card;
    const same = before !== null && before.card.id === id;
    const changed = !same || before.shown !== view.shown || before.settled !== view.settled;
    if (changed || before?.stage !== view.stage) this.rest();
    if (
      same &&
      before.stage !== view.stage &&
      view.stage !== 'waiting' &&
      this.confirmed === null &&
      !this.busy
    ) {
      this.say(view.ended === '' ? `This request is ${stageWord(view.stage)}.` : view.ended);
    } else if (same && before.shown !== view.shown) {
      this.say(
        view.settled && !before.settled ? 'All facts are checked.' : 'The request on the screen changed.',
      );
    }
    this.#cardAt = performance.now();
    if (view.stage === 'waiting') this.#endedAt = null;
    else if (same) this.#endedAt ??= before.stage === 'waiting' ? this.#cardAt : null;
    else this.#endedAt = this.#chosen ? null : this.#cardAt;
    this.mono = this.#cardAt;
    this.wall = Date.now();
    this.card = view;
    if (!same) this.fault = null;
  }

  #show(id: string | null, activate: boolean): void {
    if (id === null || id === this.wanted) {
      if (activate && this.page !== 'card') this.turn('card');
      return;
    }
    // Where nobody pressed anything, what stands there stays; the queue brings the new one when it may.
    if (!activate && this.card !== null) return;
    void this.open(id, activate);
  }

  #openFirst(): void {
    if (this.page !== 'card' || this.wanted !== null || this.confirmed !== null) return;
    const next = this.nextWaiting;
    if (next !== null) void this.open(next, false);
  }

  #tick(): void {
    const [mono, wall] = [performance.now(), Date.now()];
    const slept = Math.abs(wall - this.wall - (mono - this.mono)) > SLEPT_MS;
    const left = this.cardLeft;
    this.mono = mono;
    this.wall = wall;
    const reached = TOLD_AT_MS.find((at) => left > at && this.cardLeft <= at);
    if (reached !== undefined && this.decidable) this.say(`Denies itself in ${countdownInWords(reached)}.`);
    this.#giveWay();
    // The monotonic clock stands still while the machine sleeps; the broker's does not.
    if (slept && this.begun && this.lost === null) {
      void this.#fetch().catch((thrown: unknown) => this.#complain(thrown));
    }
  }
}
