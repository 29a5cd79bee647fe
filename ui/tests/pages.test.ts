import { tick } from 'svelte';
import { afterEach, describe, expect, it } from 'vitest';

import { all, closePage, find, get, openPage } from './page';

afterEach(closePage);

describe('History', () => {
  it('lists_searches_and_loads_more', async () => {
    const { user, pass } = await openPage('picture');
    await user.click(get('nav-history'));
    await pass(10);
    expect(all('history-row')).toHaveLength(20);
    await user.click(get('history-more'));
    await pass(10);
    expect(all('history-row')).toHaveLength(40);
    await user.click(get('history-search'));
    await user.keyboard('sessions');
    await pass(300);
    expect(new Set(all('history-row').map((row) => row.querySelector('.sentence')?.textContent))).toEqual(
      new Set(['Drop the table sessions']),
    );
  });

  it('marks_a_receipt_that_verified_and_one_that_does_not_hold', async () => {
    const { user, pass } = await openPage('picture');
    await user.click(get('nav-history'));
    await pass(10);
    const rows = all('history-row');
    expect(rows[0]?.querySelector('[data-testid="history-verified"]')).not.toBeNull();
    expect(rows[4]?.textContent).toContain('Withdrawn');
    expect(rows[4]?.querySelector('[data-testid="history-verified"]')).toBeNull();
    expect(rows[5]?.textContent).toContain('Receipt does not hold');
  });

  it('opens_one_with_its_exact_text_reason_and_receipt', async () => {
    const { user, pass } = await openPage('picture');
    await user.click(get('nav-history'));
    await pass(10);
    await user.click(all('history-row')[1] as HTMLElement);
    expect(get('history-exact').textContent).toBe('DROP TABLE sessions;');
    expect(get('history-reason').textContent).toContain('Not on a Friday');
    expect(get('history-receipt').textContent?.split('.')).toHaveLength(3);
    expect(get('history-claims').textContent).toContain('person:anna');
    expect(all('history-how')[1]?.textContent).toBe('Denied by a person, by a click');
  });

  it('escape_goes_back_and_denies_nothing', async () => {
    const { seat, user, pass } = await openPage('picture');
    await user.click(get('nav-history'));
    await pass(10);
    await user.keyboard('{Escape}');
    await tick();
    expect(find('history-search')).toBeNull();
    expect(get('card-title')).toBeTruthy();
    expect(seat.decided).toEqual([]);
    expect(get('deny').getAttribute('aria-disabled')).toBe('true');
  });

  it('a_failure_is_told', async () => {
    const { seat, user, pass } = await openPage('picture');
    seat.history = () => Promise.reject({ code: 'ledger', message: 'The ledger cannot be read.' });
    await user.click(get('nav-history'));
    await pass(10);
    expect(get('fault').textContent).toBe('The ledger cannot be read.');
  });
});

describe('Settings', () => {
  it('sets_a_passphrase_typed_twice_alike', async () => {
    const { seat, user } = await openPage('picture');
    const sent: [string | null, string][] = [];
    const set = seat.setPassphrase;
    seat.setPassphrase = (current, next) => {
      sent.push([current, next]);
      return set(current, next);
    };
    await user.click(get('nav-settings'));
    expect(get('settings-key').textContent).toContain('7f3a…c91e in login keychain');
    await user.type(get('passphrase-next'), 'correct horse');
    await user.type(get('passphrase-again'), 'correct hors');
    expect((get('passphrase-save') as HTMLButtonElement).disabled).toBe(true);
    expect(get('passphrase-said').textContent).toContain('differ');
    await user.type(get('passphrase-again'), 'e{Enter}');
    await user.click(get('passphrase-save'));
    await tick();
    expect(sent).toEqual([[null, 'correct horse']]);
    expect((get('passphrase-next') as HTMLInputElement).value).toBe('');
    expect(get('passphrase-current')).toBeTruthy();
    expect(get('passphrase-said').textContent).toContain('The passphrase is set.');
  });

  it('a_forgotten_passphrase_is_replaced_in_two_steps_without_the_old_one', async () => {
    const { seat, user } = await openPage('passphrase');
    const renewed: string[] = [];
    seat.renewPassphrase = async (next) => {
      renewed.push(next);
    };
    await user.click(get('nav-settings'));
    await user.type(get('passphrase-next'), 'battery staple');
    await user.type(get('passphrase-again'), 'battery staple');
    expect((get('passphrase-save') as HTMLButtonElement).disabled).toBe(true);
    await user.click(get('passphrase-forgotten'));
    expect(find('passphrase-current')).toBeNull();
    expect(get('passphrase-renewal').textContent).toContain('The record says so');
    await user.click(get('passphrase-save'));
    await tick();
    expect(renewed).toEqual(['battery staple']);
    expect(find('passphrase-renewal')).toBeNull();
    expect(get('passphrase-current')).toBeTruthy();
  });

  it('stops_all_agents_and_resumes', async () => {
    const { user } = await openPage('picture');
    await user.click(get('nav-settings'));
    await user.click(get('toggle-stopped'));
    expect(get('stopped-banner')).toBeTruthy();
    await user.click(get('toggle-stopped'));
    expect(find('stopped-banner')).toBeNull();
  });
});
