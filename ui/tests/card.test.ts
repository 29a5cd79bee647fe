import { fireEvent } from '@testing-library/svelte';
import axe from 'axe-core';
import { tick } from 'svelte';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { all, closePage, find, get, openPage } from './page';

afterEach(closePage);

const markup = '<img src=x onerror="window.hacked=true"><script>window.hacked=true</script>';

describe('The card', () => {
  it('shows_the_three_facts_with_source_and_age', async () => {
    const { pass } = await openPage('picture', { live: false });
    expect(get('card-asked').textContent).toBe(
      'Cursor asked 19 seconds ago, from ~/code/pocketos on branch fix/staging-login',
    );
    expect(get('fact-environment').dataset.tone).toBe('bad');
    expect(get('fact-environment-source').textContent).toContain('Railway API, 0.4 s ago');
    expect(get('fact-data').textContent).toContain('41.3 GB');
    expect(get('fact-backups').textContent).toContain('Destroyed with it');
    await pass(5000);
    expect(get('fact-environment-source').textContent).toContain('Railway API, 5 s ago');
    expect(get('card-asked').textContent).toContain('24 seconds ago');
  });

  it('says_in_words_what_is_not_checked', async () => {
    const { user } = await openPage('picture');
    await user.click(all('queue-row')[2] as HTMLElement);
    expect(get('fact-data').textContent).toContain('“1.2 million rows”');
    expect(get('fact-data-source').textContent).toContain('not checked');
    expect(get('fact-backups-source').textContent).toContain('The check failed: PostgreSQL');
    await user.click(all('queue-row')[1] as HTMLElement);
    expect(get('fact-environment-source').textContent).toContain(
      'A guess from the remote’s name, not checked',
    );
  });

  it('what_is_being_checked_says_so', async () => {
    await openPage('pending');
    expect(get('fact-environment').dataset.known).toBe('pending');
    expect(get('fact-environment').textContent).toContain('Being checked now');
  });

  it('is_reported_as_painted_once_it_stands', async () => {
    const { seat, view, pass } = await openPage('picture', { live: false });
    await pass(100);
    expect(seat.paintedIds).toEqual([view.card?.card.id]);
  });

  it('turns_its_tabs_by_arrow_keys', async () => {
    const { user } = await openPage('picture');
    get('tab-changes').focus();
    await user.keyboard('{ArrowRight}');
    expect(get('tab-exact').getAttribute('aria-selected')).toBe('true');
    expect(document.activeElement).toBe(get('tab-exact'));
    expect(get('exact-text').textContent).toContain('volumeDelete');
    await user.keyboard('{End}');
    expect(all('who-process')).toHaveLength(3);
    expect(all('who-claim')[0]?.textContent).toBe('“staging”');
    await user.keyboard('{ArrowRight}');
    expect(all('outline-row')).toHaveLength(8);
  });

  it('marks_the_exact_request_where_the_reading_points', async () => {
    const { user } = await openPage('picture');
    await user.click(get('tab-exact'));
    const marks = get('exact-text').querySelectorAll('mark');
    expect([...marks].map((mark) => mark.textContent)).toEqual(['volumeDelete']);
    expect(get('exact-digest').textContent).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('shows_a_diff_with_numbers_and_changed_words', async () => {
    await openPage('edit');
    const lines = all('diff-line');
    expect(lines.map((line) => line.dataset.mark)).toEqual([
      'same',
      'same',
      'removed',
      'added',
      'same',
      'same',
      'added',
      'added',
    ]);
    expect(lines[3]?.querySelector('.changed')?.textContent).toBe('production');
    expect(all('diff-gap').map((gap) => gap.textContent)).toEqual([
      '10 unchanged lines',
      '25 unchanged lines',
    ]);
  });

  it('opens_the_largest_diff_in_steps_and_says_what_is_left', async () => {
    const { user } = await openPage('long');
    expect(all('diff-line')).toHaveLength(300);
    expect(get('diff-more').textContent).toBe('3700 more lines');
    await user.click(get('diff-more'));
    expect(all('diff-line')).toHaveLength(600);
  });
});

describe('What agents wrote is text', () => {
  it('markup_stays_a_text_node_on_every_tab', async () => {
    const { user } = await openPage('hostile');
    expect(get('card-title').textContent).toContain(markup);
    for (const tab of ['tab-changes', 'tab-exact', 'tab-who']) {
      await user.click(get(tab));
      expect(document.querySelector('img')).toBeNull();
      expect(document.querySelectorAll('#app script, main script, b')).toHaveLength(0);
      expect(document.body.textContent).toContain(markup);
    }
    expect('hacked' in window).toBe(false);
  });

  it('what_cannot_be_seen_stands_as_a_chip', async () => {
    await openPage('hostile');
    const chips = [...get('card-title').querySelectorAll('[data-testid="chip"]')];
    expect(chips.map((chip) => chip.textContent)).toEqual(['U+202E right-to-left override']);
    expect(get('card-title').textContent).not.toMatch(/[⟦⟧]/);
  });

  it('no_element_carries_a_style_attribute_from_markup', async () => {
    await openPage('hostile');
    const styled = [...document.querySelectorAll('[style]')].filter(
      // The CSSOM sets this one custom property, which the content security policy allows.
      (element) => !/^--depth: \d+;$/.test(element.getAttribute('style') ?? ''),
    );
    expect(styled).toEqual([]);
  });
});

describe('Names and roles', () => {
  const rules = { rules: { 'color-contrast': { enabled: false } } };

  for (const scene of [
    'picture',
    'edit',
    'hostile',
    'passphrase',
    'pending',
    'trouble',
    'empty',
    'stopped',
  ]) {
    it(`axe_finds_nothing_in_the_scene_${scene}`, async () => {
      await openPage(scene);
      vi.useRealTimers();
      const { violations } = await axe.run(document.body, rules);
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    });
  }

  for (const tab of ['tab-exact', 'tab-who']) {
    it(`axe_finds_nothing_on_${tab}`, async () => {
      const { user } = await openPage('hostile');
      await user.click(get(tab));
      await user.click(get('deny-with-reason'));
      vi.useRealTimers();
      const { violations } = await axe.run(document.body, rules);
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    });
  }

  for (const page of ['nav-history', 'nav-settings']) {
    it(`axe_finds_nothing_on_${page}`, async () => {
      const { user, pass } = await openPage('picture');
      await user.click(get(page));
      await pass(10);
      const row = all('history-row')[1];
      if (row !== undefined) await user.click(row);
      vi.useRealTimers();
      const { violations } = await axe.run(document.body, rules);
      expect(violations.map(({ id, nodes }) => [id, nodes.map((node) => node.html)])).toEqual([]);
    });
  }

  it('a_new_request_is_told_politely', async () => {
    const { seat } = await openPage('picture');
    const row = seat.queue.rows[0];
    if (row === undefined) throw new Error('no row');
    const rows = [...seat.queue.rows, { ...row, id: 'req_new', short: 'Delete bucket' }];
    seat.listeners.queue({ ...seat.queue, rows, waiting: 4 });
    await tick();
    expect(get('said').textContent).toBe('New request: Delete bucket, Cursor, production. 4 waiting.');
    expect(get('said').getAttribute('aria-live')).toBe('polite');
  });

  it('the_banner_says_that_all_agents_are_stopped_and_resumes', async () => {
    const { user } = await openPage('stopped');
    expect(get('stopped-banner').textContent).toContain('All agents are stopped.');
    await user.click(get('resume'));
    expect(find('stopped-banner')).toBeNull();
  });

  it('files_dropped_on_the_window_do_not_replace_it', async () => {
    await openPage('picture');
    expect(await fireEvent.drop(window)).toBe(false);
    expect(await fireEvent.dragOver(window)).toBe(false);
  });
});
