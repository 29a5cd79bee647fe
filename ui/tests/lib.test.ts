import { readFileSync } from 'node:fs';

import { describe, expect, it } from 'vitest';

import { parts } from '../src/lib/marked';
import { claims } from '../src/lib/receipt';
import { runs } from '../src/lib/spans';
import { age, agoInWords, countdown, countdownInWords } from '../src/lib/time';
import { howDecided } from '../src/lib/words';
import { asFault } from '../src/seat';

describe('time', () => {
  it('a_countdown_never_shows_zero_while_time_is_left', () => {
    expect([281_000, 280_001, 1, 0, -5, 1_730_000, 3_723_000].map(countdown)).toEqual([
      '4:41',
      '4:41',
      '0:01',
      '0:00',
      '0:00',
      '28:50',
      '1:02:03',
    ]);
    expect(countdownInWords(61_000)).toBe('1 minute 1 second');
  });

  it('ages_are_never_negative_and_grow_coarser', () => {
    expect([-50, 400, 999, 12_000, 61_000, 7_200_000, 86_400_000].map(age)).toEqual([
      '0.0 s ago',
      '0.4 s ago',
      '0.9 s ago',
      '12 s ago',
      '1 min ago',
      '2 h ago',
      '1 day ago',
    ]);
    expect([0, 19_400, 60_000, 7_300_000].map(agoInWords)).toEqual([
      'just now',
      '19 seconds ago',
      '1 minute ago',
      '2 hours ago',
    ]);
  });
});

describe('marked text', () => {
  it('its_pieces_are_the_whole_text_in_order', () => {
    for (const text of [
      '',
      'plain',
      '⟦U+202E⟧',
      'a⟦U+200B zero width space⟧b',
      '⟦',
      '⟦⟧',
      '⟦a⟦b⟧',
      'x שלום 1 עולם',
      '𐤀a',
    ]) {
      const back = parts(text).map((part) => (part.kind === 'chip' ? `⟦${part.text}⟧` : part.text));
      expect(back.join('')).toBe(text);
      for (const part of parts(text)) expect(part.end).toBeGreaterThan(part.start);
    }
  });

  it('runs_of_right_to_left_letters_are_pieces_of_their_own', () => {
    expect(parts('rm שלום 1 עולם').map(({ kind }) => kind)).toEqual(['text', 'rtl', 'text', 'rtl']);
  });
});

describe('spans', () => {
  const mark = (start: number, end: number) => ({ span: { start, end }, why: '' });

  it('cut_the_text_without_losing_any', () => {
    const text = 'rm -rf ⟦U+202E⟧ x';
    for (const marks of [
      [],
      [mark(0, 2)],
      [mark(0, 5), mark(3, 99)],
      [mark(9, 11)],
      [mark(5, 1)],
      [mark(-3, Number.NaN)],
    ]) {
      expect(
        runs(text, marks)
          .map((run) => run.text)
          .join(''),
      ).toBe(text);
    }
  });

  it('never_cut_a_note_in_two', () => {
    const text = 'a ⟦U+202E⟧ b';
    expect(runs(text, [mark(4, 6)]).map((run) => [run.text, run.marks])).toEqual([
      ['a ', []],
      ['⟦U+202E⟧', [1]],
      [' b', []],
    ]);
  });

  it('lie_over_each_other', () => {
    expect(runs('abcdef', [mark(0, 4), mark(2, 6)]).map((run) => [run.text, run.marks])).toEqual([
      ['ab', [1]],
      ['cd', [1, 2]],
      ['ef', [2]],
    ]);
  });
});

describe('words', () => {
  it('a_decision_is_told_with_whose_it_was', () => {
    expect(howDecided('used', 'approved', 'person', 'typed')).toBe(
      'Approved by a person, with the name typed',
    );
    expect(howDecided('expired', 'denied', 'timeout', 'none')).toBe('Denied: nobody decided in time');
    expect(howDecided('used', 'approved', 'rule', 'none')).toBe('Approved by a rule');
    expect(howDecided('withdrawn', null, null, null)).toBe('Withdrawn');
  });

  it('whatever_was_thrown_is_a_fault_with_a_sentence', () => {
    expect(asFault({ code: 'a', message: 'b' })).toEqual({ code: 'a', message: 'b' });
    expect(asFault(new Error('c'))).toEqual({ code: 'unexpected', message: 'c' });
    expect(asFault('d')).toEqual({ code: 'unexpected', message: 'd' });
  });

  it('what_is_no_receipt_has_no_claims', () => {
    for (const text of ['', 'a.b.c', '..', `x.${btoa('[1]')}.y`, `x.${btoa('"s"')}.y`])
      expect(claims(text)).toBeNull();
    expect(claims(`x.${btoa('{"iss":"person:anna","iat":1}')}.y`)).toEqual([
      ['iss', 'person:anna'],
      ['iat', '1'],
    ]);
  });
});

describe('colours', () => {
  const css = readFileSync('src/app.css', 'utf8');
  const palettes = [...css.matchAll(/:root \{([^}]*)\}/g)].map((block) =>
    Object.fromEntries(
      [...(block[1] ?? '').matchAll(/(--[a-z-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]),
    ),
  );

  it('every_text_can_be_read_on_every_ground_it_stands_on', () => {
    expect(palettes).toHaveLength(2);
    const grounds: Record<string, string[]> = {
      '--ground': [
        '--ink',
        '--muted',
        '--faint',
        '--danger',
        '--good',
        '--ink-keyword',
        '--ink-name',
        '--ink-text',
        '--ink-number',
      ],
      '--side': ['--ink', '--muted', '--danger'],
      '--panel': ['--ink', '--muted', '--faint', '--danger', '--good'],
      '--danger-tint': ['--ink', '--muted', '--faint', '--danger', '--good'],
      '--gone-tint': [
        '--ink',
        '--muted',
        '--faint',
        '--ink-keyword',
        '--ink-name',
        '--ink-text',
        '--ink-number',
      ],
      '--come-tint': [
        '--ink',
        '--muted',
        '--faint',
        '--ink-keyword',
        '--ink-name',
        '--ink-text',
        '--ink-number',
      ],
      '--gone-word': ['--ink', '--ink-keyword', '--ink-name', '--ink-text', '--ink-number'],
      '--come-word': ['--ink', '--ink-keyword', '--ink-name', '--ink-text', '--ink-number'],
      '--note-tint': ['--ink'],
    };
    const poor: string[] = [];
    for (const palette of palettes) {
      for (const [ground, inks] of Object.entries(grounds)) {
        for (const ink of inks) {
          const ratio = contrast(palette[ground] ?? '', palette[ink] ?? '');
          if (!(ratio >= 4.5))
            poor.push(`${ink} ${palette[ink]} on ${ground} ${palette[ground]}: ${ratio.toFixed(2)}`);
        }
      }
    }
    expect(poor).toEqual([]);
  });
});

/** WCAG's ratio of two colours written `#rrggbb`. */
function contrast(one: string, other: string): number {
  const light = (colour: string) => {
    const part = (at: number) => {
      const c = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
      return c <= 0.040_45 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    };
    return 0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5);
  };
  const [a, b] = [light(one), light(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}
