import { fireEvent } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, describe, expect, it } from 'vitest';

import { end } from '../src/mock';
import { CONFIRM_MS, INERT_MS, QUIET_MS } from '../src/view.svelte';
import { all, closePage, get, openPage } from './page';

afterEach(closePage);

const order = () => all('queue-row').map((row) => row.dataset.id?.slice(4, 6));
const list = () => get('waiting-count').nextElementSibling as HTMLElement;

describe('The queue', () => {
  it('shows_who_waits_where_and_how_long', async () => {
    const { pass } = await openPage('picture', { live: false });
    expect(get('waiting-count').textContent).toBe('3 waiting');
    expect(all('queue-left').map((left) => left.textContent)).toEqual(['4:41', '9:12', '28:50']);
    await pass(10_000);
    expect(all('queue-left').map((left) => left.textContent)).toEqual(['4:31', '9:02', '28:40']);
    expect(get('key-line').textContent).toBe('Key 7f3a…c91e in login keychain');
  });

  it('nothing_moves_under_the_pointer', async () => {
    const { seat, pass } = await openPage('picture');
    const [first, second, third] = seat.queue.rows;
    if (!first || !second || !third) throw new Error('rows');
    await fireEvent.pointerEnter(list());
    seat.listeners.queue({ ...seat.queue, waiting: 3, rows: [third, { ...first, id: 'req_zz' }, second] });
    await tick();
    expect(order()).toEqual(['8c', 'f0', 'd7', 'zz']);
    expect(all('queue-row')[0]?.dataset.stage).toBe('gone');
    await fireEvent.pointerLeave(list());
    await pass(INERT_MS - 50);
    expect(order()).toEqual(['8c', 'f0', 'd7', 'zz']);
    await pass(60);
    expect(order()).toEqual(['d7', 'zz', 'f0']);
  });

  it('those_that_ended_say_how', async () => {
    const { seat } = await openPage('picture');
    end(seat, seat.queue.rows[1]?.id ?? '', 'withdrawn', 'Withdrawn.');
    end(seat, seat.queue.rows[2]?.id ?? '', 'expired', 'Nobody decided in time.');
    await tick();
    expect(all('queue-left').map((left) => left.textContent)).toEqual(['4:41', 'withdrawn', 'expired']);
    expect(get('waiting-count').textContent).toBe('1 waiting');
  });

  it('one_that_ended_gives_way_once_no_hand_is_near_and_the_new_one_is_inert_at_first', async () => {
    const { seat, pass } = await openPage('picture');
    const before = get('card-title').textContent;
    await pass(QUIET_MS);
    end(seat, seat.queue.rows[0]?.id ?? '', 'withdrawn', 'Withdrawn.');
    await pass(CONFIRM_MS - 300);
    expect(get('card-title').textContent).toBe(before);
    await pass(600);
    expect(get('card-title').textContent).toBe('Force-push main to origin');
    await fireEvent.click(get('deny'));
    expect(seat.decided).toEqual([]);
  });

  it('one_that_ended_stays_while_a_hand_is_on_the_window', async () => {
    const { seat, pass } = await openPage('picture');
    const before = get('card-title').textContent;
    end(seat, seat.queue.rows[0]?.id ?? '', 'expired', 'Nobody decided in time.');
    for (let at = 0; at < 10; at += 1) {
      await fireEvent(window, new MouseEvent('pointermove', { screenX: at, screenY: 5 }));
      await pass(QUIET_MS - 500);
    }
    await fireEvent.keyDown(window, { key: 'Shift' });
    await pass(QUIET_MS - 500);
    expect(get('card-title').textContent).toBe(before);
    // A pointer at rest is not a hand, whatever moves beneath it.
    await fireEvent(window, new MouseEvent('pointermove', { screenX: 9, screenY: 5 }));
    await pass(800);
    expect(get('card-title').textContent).toBe('Force-push main to origin');
  });

  it('one_that_ended_stays_until_something_waits_and_one_opened_after_its_end_stays_for_good', async () => {
    const { seat, pass, user } = await openPage('edit');
    const [edit, push] = seat.queue.rows;
    if (!edit || !push) throw new Error('rows');
    const waiting = seat.queue;
    seat.listeners.queue({ ...waiting, waiting: 1, rows: [edit] });
    end(seat, edit.id, 'withdrawn', 'Withdrawn.');
    seat.listeners.queue({ ...waiting, waiting: 0, rows: [{ ...edit, stage: 'withdrawn' }] });
    const before = get('card-title').textContent;
    await pass(QUIET_MS + CONFIRM_MS);
    expect(get('card-title').textContent).toBe(before);
    seat.listeners.queue({ ...waiting, waiting: 1, rows: [push, { ...edit, stage: 'withdrawn' }] });
    await pass(10);
    expect(get('card-title').textContent).toBe('Force-push main to origin');
    await user.click(all('queue-row').find((row) => row.dataset.id === edit.id) as HTMLElement);
    await pass(10 * QUIET_MS);
    expect(get('card-title').textContent).toBe(before);
  });

  it('is_walked_by_arrow_keys', async () => {
    const { user } = await openPage('picture');
    all('queue-row')[0]?.focus();
    await user.keyboard('{ArrowDown}{ArrowDown}');
    expect(document.activeElement).toBe(all('queue-row')[2]);
    await user.keyboard('{Enter}');
    expect(get('card-title').textContent).toContain('legacy_id');
    expect(all('queue-row')[2]?.getAttribute('aria-current')).toBe('true');
  });

  it('more_than_its_rows_are_counted', async () => {
    const { seat } = await openPage('picture');
    seat.listeners.queue({ ...seat.queue, waiting: 10_000 });
    await tick();
    expect(list().textContent).toContain('and 9997 more, later in time');
  });

  it('an_empty_window_opens_the_first_that_comes', async () => {
    const { seat, pass } = await openPage('empty');
    expect(get('empty').textContent).toContain('Agents’ risky actions will appear here.');
    const { allCards } = await import('../src/mock/cards');
    const { push } = allCards(Date.now());
    if (push === undefined) throw new Error('no card');
    seat.cards.set(push.card.id, push);
    const row = { id: push.card.id, short: 'Force-push main', agent: 'Claude Code', place: 'api' };
    seat.listeners.queue({
      waiting: 1,
      stopped: false,
      rows: [{ ...row, severity: 'high', remaining_ms: 1000, stage: 'waiting' }],
    });
    await pass(10);
    expect(get('card-title').textContent).toBe('Force-push main to origin');
    expect(document.activeElement).toBe(get('deny'));
  });
});
