import { fireEvent } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { end } from '../src/mock';
import { CONFIRM_MS, INERT_MS } from '../src/view.svelte';
import { all, closePage, find, get, openPage } from './page';

afterEach(closePage);

const approve = () => get('approve') as HTMLButtonElement;

describe('Deny is the resting state', () => {
  it('deny_has_the_focus_when_a_card_comes', async () => {
    await openPage('picture');
    expect(document.activeElement).toBe(get('deny'));
  });

  it('escape_denies', async () => {
    const { seat, user, view } = await openPage('picture');
    const id = view.card?.card.id;
    await user.keyboard('{Escape}');
    expect(seat.decided).toEqual([{ denied: id, reason: null }]);
  });

  it('a_held_escape_denies_one_request_and_not_the_next', async () => {
    const { seat, pass } = await openPage('picture');
    await fireEvent.keyDown(get('deny'), { key: 'Escape' });
    await pass(CONFIRM_MS + INERT_MS + 100);
    await fireEvent.keyDown(get('deny'), { key: 'Escape', repeat: true });
    expect(seat.decided).toHaveLength(1);
  });

  it('a_denial_carries_its_reason', async () => {
    const { seat, user } = await openPage('picture');
    await user.click(get('deny-with-reason'));
    expect(document.activeElement).toBe(get('deny-reason'));
    await user.keyboard('Not on a Friday{Enter}');
    expect(seat.decided).toHaveLength(0);
    await user.click(get('deny'));
    expect(seat.decided).toMatchObject([{ reason: 'Not on a Friday' }]);
  });

  it('a_reason_longer_than_the_wire_takes_is_not_sent', async () => {
    const { seat, user } = await openPage('picture');
    await user.click(get('deny-with-reason'));
    await fireEvent.input(get('deny-reason'), { target: { value: 'ä'.repeat(2049) } });
    await user.click(get('deny'));
    expect(seat.decided).toHaveLength(0);
  });
});

describe('Enter never approves', () => {
  it('enter_in_the_field_with_the_right_name_does_nothing', async () => {
    const { seat, user } = await openPage('picture');
    await user.click(get('typed'));
    await user.keyboard('postgres-data{Enter}{Enter}');
    expect(approve().disabled).toBe(false);
    expect(seat.decided).toEqual([]);
  });

  it('enter_on_the_focused_approve_button_does_nothing_and_space_approves', async () => {
    const { seat, user, view } = await openPage('picture');
    await user.click(get('typed'));
    await user.keyboard('postgres-data');
    approve().focus();
    await user.keyboard('{Enter}');
    expect(seat.decided).toEqual([]);
    const shown = view.card?.shown;
    await user.keyboard(' ');
    expect(seat.decided).toMatchObject([{ shown, typed: 'postgres-data', passphrase: null }]);
  });
});

describe('The worse it is, the more the hand must do', () => {
  it('approve_waits_for_exactly_the_targets_name', async () => {
    const { seat, user } = await openPage('picture');
    for (const wrong of ['', 'postgres-dat', 'postgres-data ', 'Postgres-data']) {
      await fireEvent.input(get('typed'), { target: { value: wrong } });
      expect(approve().disabled).toBe(true);
      await user.click(approve());
    }
    expect(seat.decided).toEqual([]);
    await fireEvent.input(get('typed'), { target: { value: 'postgres-data' } });
    expect(approve().disabled).toBe(false);
  });

  it('a_click_suffices_where_the_card_says_so', async () => {
    const { seat, user, view, pass } = await openPage('edit');
    const [id, shown] = [view.card?.card.id, view.card?.shown];
    await user.click(approve());
    expect(seat.decided).toEqual([{ id, shown, typed: null, passphrase: null }]);
    await pass(CONFIRM_MS);
  });

  it('a_passphrase_is_asked_for_sent_once_and_forgotten', async () => {
    const { seat, user } = await openPage('passphrase');
    seat.refuse = { code: 'wrong_passphrase', message: 'That is not the passphrase.' };
    await user.click(get('typed'));
    await user.keyboard('postgres-data');
    expect(approve().disabled).toBe(true);
    await user.click(get('passphrase'));
    await user.keyboard('open sesame');
    await user.click(approve());
    await tick();
    expect(get('fault').textContent).toBe('That is not the passphrase.');
    expect((get('passphrase') as HTMLInputElement).value).toBe('');
    expect(document.activeElement).toBe(get('passphrase'));
    expect((get('typed') as HTMLInputElement).value).toBe('postgres-data');
    expect(approve().disabled).toBe(true);
  });

  it('without_a_passphrase_set_a_card_that_needs_one_says_so', async () => {
    const { seat, pass } = await openPage('passphrase');
    seat.listeners.key({ ...seat.key, passphrase_set: false });
    await pass(INERT_MS);
    expect(get('approve-hint').textContent).toContain('needs a passphrase');
    expect(approve().disabled).toBe(true);
  });

  it('unsettled_facts_hold_an_approval_back_and_not_a_denial', async () => {
    const { seat, user } = await openPage('pending');
    expect(approve().disabled).toBe(true);
    await user.click(get('deny'));
    expect(seat.decided).toHaveLength(1);
  });

  it('a_key_in_trouble_holds_an_approval_back_and_not_a_denial', async () => {
    const { seat, user } = await openPage('trouble');
    expect(get('key-trouble').textContent).toContain('The login keychain is locked');
    expect(approve().disabled).toBe(true);
    await user.click(get('retry-key'));
    expect(find('key-trouble')).toBeNull();
    await user.click(get('deny'));
    expect(seat.decided).toHaveLength(1);
  });
});

describe('Buttons are inert for 750 ms', () => {
  it('after_a_card_appears', async () => {
    const { seat, user, pass } = await openPage('edit', { live: false });
    await pass(INERT_MS - 50);
    expect(get('deny').getAttribute('aria-disabled')).toBe('true');
    await user.click(approve());
    await user.click(get('deny'));
    await fireEvent.keyDown(window, { key: 'Escape' });
    expect(seat.decided).toEqual([]);
    await pass(60);
    expect(get('deny').getAttribute('aria-disabled')).toBe('false');
    await user.click(get('deny'));
    expect(seat.decided).toHaveLength(1);
  });

  it('after_the_card_changes', async () => {
    const { seat, user, pass, view } = await openPage('edit');
    const card = view.card;
    if (card === null) throw new Error('no card');
    seat.listeners.card({ ...card, shown: `sha256:${'9'.repeat(64)}` });
    await tick();
    await user.click(approve());
    expect(seat.decided).toEqual([]);
    await pass(INERT_MS);
    await user.click(approve());
    expect(seat.decided).toMatchObject([{ shown: `sha256:${'9'.repeat(64)}` }]);
  });

  it('after_the_window_gains_the_focus', async () => {
    const { seat, user, pass } = await openPage('edit');
    await fireEvent.focus(window);
    await user.click(approve());
    await user.click(get('deny'));
    expect(seat.decided).toEqual([]);
    await pass(INERT_MS);
    await user.click(get('deny'));
    expect(seat.decided).toHaveLength(1);
  });

  it('and_time_alone_that_passes_on_the_same_card_is_no_change', async () => {
    const { seat, view } = await openPage('edit');
    const card = view.card;
    if (card === null) throw new Error('no card');
    seat.listeners.card({ ...card, remaining_ms: 100_000 });
    await tick();
    expect(view.inert).toBe(false);
    expect(get('countdown').textContent).toBe('1:40');
  });

  it('a_press_that_began_before_does_not_count_when_it_ends_after', async () => {
    const { seat, pass } = await openPage('edit', { live: false });
    await pass(INERT_MS - 20);
    await fireEvent.pointerDown(approve());
    await pass(100);
    await fireEvent.click(approve(), { detail: 1 });
    expect(seat.decided).toEqual([]);
  });
});

describe('Time', () => {
  it('the_countdown_runs_on_the_monotonic_clock_and_ends_at_nothing_to_decide', async () => {
    const { seat, user, pass } = await openPage('hostile');
    expect(get('countdown').textContent).toBe('0:55');
    await pass(50_000);
    expect(get('countdown').textContent).toBe('0:05');
    await pass(6_000);
    expect(get('countdown').textContent).toBe('Time is up.');
    expect(get('deny').getAttribute('aria-disabled')).toBe('true');
    await user.click(get('deny'));
    await user.keyboard('{Escape}');
    expect(seat.decided).toEqual([]);
  });

  it('after_a_sleep_the_first_state_is_fetched_again', async () => {
    const { seat, pass } = await openPage('edit');
    let asked = 0;
    const ready = seat.ready;
    seat.ready = () => {
      asked += 1;
      return ready();
    };
    vi.setSystemTime(Date.now() + 3_600_000);
    await pass(300);
    expect(asked).toBe(1);
  });

  it('a_withdrawn_request_says_so_keeps_its_place_and_cannot_be_decided', async () => {
    const { seat, view } = await openPage('picture');
    const id = view.card?.card.id ?? '';
    end(seat, id, 'withdrawn', 'Withdrawn: the asking process ended.');
    await tick();
    expect(get('ended').textContent).toBe('Withdrawn: the asking process ended.');
    expect(get('card-title').textContent).toContain('postgres-data');
    expect(approve().disabled).toBe(true);
    expect(get('said').textContent).toContain('the asking process ended');
    expect(get('next-request').textContent).toContain('Next request');
  });
});

describe('After a decision', () => {
  it('it_is_confirmed_and_the_next_card_comes_with_the_focus_on_deny', async () => {
    const { user, pass } = await openPage('picture');
    await user.click(get('deny'));
    await tick();
    expect(get('ended').textContent).toBe('Denied.');
    expect(get('card-title').textContent).toContain('postgres-data');
    await pass(CONFIRM_MS);
    expect(get('card-title').textContent).toContain('Force-push');
    expect(document.activeElement).toBe(get('deny'));
    expect(get('deny').getAttribute('aria-disabled')).toBe('true');
  });

  it('the_last_one_leaves_an_empty_window', async () => {
    const { seat, user, pass } = await openPage('picture');
    for (let n = 0; n < 3; n += 1) {
      await user.click(get('deny'));
      await pass(CONFIRM_MS + INERT_MS + 10);
    }
    expect(seat.decided).toHaveLength(3);
    expect(get('empty').textContent).toContain('Nothing waits.');
  });

  it('a_refusal_is_told_and_the_card_stays', async () => {
    const { seat, user, view } = await openPage('edit');
    seat.refuse = { code: 'keychain_locked', message: 'Unlock the keychain and try again.' };
    await user.click(approve());
    await tick();
    expect(get('fault').textContent).toBe('Unlock the keychain and try again.');
    expect(view.card?.stage).toBe('waiting');
  });

  it('words_typed_for_one_request_are_never_there_for_the_next', async () => {
    const { user, pass } = await openPage('picture');
    await user.click(get('typed'));
    await user.keyboard('legacy_id');
    await user.click(all('queue-row')[2] as HTMLElement);
    await pass(INERT_MS);
    expect((get('typed') as HTMLInputElement).value).toBe('');
    expect(approve().disabled).toBe(true);
  });

  it('a_card_that_nobody_asked_for_does_not_push_a_waiting_one_away', async () => {
    const { seat, view } = await openPage('picture');
    const other = [...seat.cards.values()][1];
    if (other === undefined) throw new Error('no card');
    seat.listeners.card(other);
    seat.listeners.show({ id: other.card.id, activate: false });
    await tick();
    expect(view.card?.card.id).not.toBe(other.card.id);
    seat.listeners.show({ id: other.card.id });
    await tick();
    expect(view.card?.card.id).toBe(other.card.id);
  });

  it('when_the_tray_application_ends_nothing_can_be_decided', async () => {
    const { seat, user } = await openPage('edit');
    seat.listeners.seat_lost({ message: 'Sayso ended.' });
    await tick();
    expect(get('seat-lost').textContent).toContain('Sayso ended.');
    await user.keyboard('{Escape}');
    await fireEvent.click(approve());
    expect(seat.decided).toEqual([]);
  });
});
