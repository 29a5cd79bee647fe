/** Made-up cards: those of the pictures first, then the hard cases. */
import type { CardView } from '../generated/CardView';
import type { Fact } from '../generated/Fact';

import { digest, checked, outline, line, card, view } from './makers';

export function allCards(now: number): Record<string, CardView> {
  return {
    volume: volume(now),
    push: push(now),
    column: column(now),
    edit: edit(now),
    hostile: hostile(now),
    long: long(now),
    vault: vault(now),
    pending: pending(now),
  };
}

function volume(now: number): CardView {
  const text =
    'POST https://backboard.railway.com/graphql/v2\n' +
    '{\n  "query": "mutation volumeDelete($volumeId: String!) { volumeDelete(volumeId: $volumeId) }",\n' +
    '  "variables": { "volumeId": "vol_8c1f2b7e" }\n}';
  const at = text.indexOf('volumeDelete(volumeId');
  return view(
    card('8c', {
      short: 'Delete volume',
      title: 'Delete the volume postgres-data in production',
      severity: 'critical',
      warning: 'Cannot be undone',
      agent: 'Cursor',
      branch: 'fix/staging-login',
      received: now - 19_400,
      facts: {
        environment: checked('production', 'The agent said: “staging”', 'Railway API', now - 400, true),
        data: checked('41.3 GB', '214 tables, last written 12 s ago', 'Railway API and PostgreSQL', null),
        backups: checked(
          'Destroyed with it',
          'All 6 are stored on this volume. The newest one elsewhere is from 24 January.',
          'Railway API',
          now - 400,
          true,
        ),
        environment_name: 'production',
      },
      changes: [
        {
          kind: 'outline',
          rows: [
            outline(0, 'same', 'project pocketos'),
            outline(1, 'same', 'environment production'),
            outline(2, 'removed', 'volume postgres-data', '41.3 GB', 'vol_8c1f…'),
            outline(3, 'removed', 'backup 24 Apr 03:00', '41.2 GB', 'on this volume'),
            outline(3, 'removed', 'backup 23 Apr 03:00', '41.1 GB', 'on this volume'),
            outline(3, 'removed', '4 more backups', '', 'on this volume'),
            outline(2, 'same', 'service api', '', 'loses its volume, restarts empty'),
            outline(1, 'same', 'environment staging', '', 'unchanged'),
          ],
          rest: '',
        },
      ],
      exact: {
        kind: 'http',
        text,
        rest: '',
        marks: [{ span: { start: at, end: at + 12 }, why: 'This deletes a volume for good.' }],
        action: digest('8c1f2b7e'),
      },
      claims: [
        { key: 'environment', value: 'staging' },
        {
          key: 'reason',
          value: 'Recreating the volume fixes the credential mismatch. It is safe, it is only staging.',
        },
      ],
      presence: 'typed',
      type_to_approve: 'postgres-data',
    }),
    281_000,
  );
}

function push(now: number): CardView {
  const text = 'git push --force origin main';
  return view(
    card('f0', {
      short: 'Force-push main',
      title: 'Force-push main to origin',
      warning: 'May be hard to have back',
      folder: '~/code/pocketos/api',
      branch: 'main',
      received: now - 48_000,
      facts: {
        environment: {
          headline: 'production',
          detail: 'The remote’s name says so.',
          known: 'inferred',
          source: 'the remote’s name',
          at: null,
          tone: 'plain',
        },
        data: checked('3 commits', 'By two people, not in your branch', 'git ls-remote', now - 1200),
        backups: checked(
          'None elsewhere',
          'No other branch or tag has them.',
          'git ls-remote',
          now - 1200,
          true,
        ),
        environment_name: null,
      },
      changes: [
        {
          kind: 'outline',
          rows: [
            outline(0, 'same', 'origin/main', '', 'github.com/pocketos/api'),
            outline(1, 'removed', '9f31c02 Rotate the session secret', '', 'Bo, yesterday'),
            outline(1, 'removed', '1c77a4e Fix the login redirect', '', 'Bo, yesterday'),
            outline(1, 'removed', 'd02b9b1 Raise the pool size', '', 'Ines, today'),
            outline(1, 'added', 'a41f0d3 wip', '', 'this branch'),
          ],
          rest: '',
        },
      ],
      exact: {
        kind: 'shell',
        text,
        rest: '',
        marks: [{ span: { start: 9, end: 16 }, why: 'Overwrites what others pushed.' }],
        action: digest('f02a'),
      },
    }),
    552_000,
  );
}

function column(now: number): CardView {
  return view(
    card('d7', {
      short: 'Drop column bookings.legacy_id',
      title: 'Drop the column legacy_id of the table bookings in staging',
      warning: 'Cannot be undone',
      agent: 'Codex',
      received: now - 70_000,
      facts: {
        environment: checked('staging', 'db-staging.internal', 'sayso.toml', null),
        data: {
          headline: '1.2 million rows',
          detail: '',
          known: 'claimed',
          source: 'The agent',
          at: null,
          tone: 'plain',
        },
        backups: {
          headline: 'Could not be checked',
          detail: 'The database did not answer within 2 seconds.',
          known: 'failed',
          source: 'PostgreSQL',
          at: now - 3000,
          tone: 'bad',
        },
        environment_name: 'staging',
      },
      changes: [
        { kind: 'note', text: 'The column legacy_id of the table bookings goes, with everything in it.' },
      ],
      exact: {
        kind: 'sql',
        text: 'ALTER TABLE bookings DROP COLUMN legacy_id;',
        rest: '',
        marks: [],
        action: digest('d7b1'),
      },
      presence: 'typed',
      type_to_approve: 'legacy_id',
    }),
    1_730_000,
  );
}

function edit(now: number): CardView {
  return view(
    card('ed', {
      short: 'Edit deploy.ts',
      title: 'Change the file scripts/deploy.ts',
      branch: 'main',
      received: now - 4000,
      changes: [
        {
          kind: 'diff',
          path: '~/code/pocketos/scripts/deploy.ts',
          language: 'TypeScript',
          hunks: [
            {
              lines: [
                line('same', 11, 11, ['// Where releases go.', 'comment']),
                line(
                  'same',
                  12,
                  12,
                  ['export', 'keyword'],
                  [' ', 'plain'],
                  ['async', 'keyword'],
                  [' ', 'plain'],
                  ['function', 'keyword'],
                  [' ', 'plain'],
                  ['deploy', 'name'],
                  ['() {', 'punctuation'],
                ),
                line(
                  'removed',
                  13,
                  null,
                  ['  ', 'plain'],
                  ['const', 'keyword'],
                  [' target = ', 'plain'],
                  ["'", 'text'],
                  ['staging', 'text', true],
                  ["'", 'text'],
                  [';', 'punctuation'],
                ),
                line(
                  'added',
                  null,
                  13,
                  ['  ', 'plain'],
                  ['const', 'keyword'],
                  [' target = ', 'plain'],
                  ["'", 'text'],
                  ['production', 'text', true],
                  ["'", 'text'],
                  [';', 'punctuation'],
                ),
                line(
                  'same',
                  14,
                  14,
                  ['  ', 'plain'],
                  ['await', 'keyword'],
                  [' ', 'plain'],
                  ['release', 'name'],
                  ['(target, ', 'plain'],
                  ['3', 'number'],
                  [');', 'punctuation'],
                ),
              ],
            },
            {
              lines: [
                line('same', 40, 40, ['}', 'punctuation']),
                line('added', null, 41, ['', 'plain']),
                line(
                  'added',
                  null,
                  42,
                  ['await', 'keyword', true],
                  [' ', 'plain', true],
                  ['deploy', 'name', true],
                  ['();', 'punctuation', true],
                ),
              ],
            },
          ],
          rest: '',
        },
      ],
      exact: {
        kind: 'file_edit',
        text: '{\n  "kind": "file_edit",\n  "path": "/home/anna/code/pocketos/scripts/deploy.ts"\n}',
        rest: 'and 1,204 more bytes of new content, shown under What changes',
        marks: [],
        action: digest('ed03'),
      },
    }),
    300_000,
  );
}

/** What an agent might try: markup, characters that cannot be seen, names that never end. */
function hostile(now: number): CardView {
  const markup = '<img src=x onerror="window.hacked=true"><script>window.hacked=true</script>';
  return view(
    card('ba', {
      short: `Delete ${markup}`,
      title: `Delete the folder ${markup} and safe⟦U+202E right-to-left override⟧txt.exe in a very_long_name_${'without_any_place_to_break_'.repeat(5)}`,
      severity: 'critical',
      warning: 'Could not be read in full',
      agent: '<b>agent</b>',
      folder: `~/${markup}`,
      branch: 'p⟦Cyrillic а⟧ypal',
      received: now - 1000,
      facts: {
        environment: {
          headline: markup,
          detail: markup,
          known: 'claimed',
          source: '',
          at: null,
          tone: 'plain',
        },
        data: checked('שלום 12 files', `${'longunbrokenname'.repeat(6)}`, markup, now - 61_000),
        backups: {
          headline: 'Not known',
          detail: 'Nobody could be asked for a backup of this.',
          known: 'unknown',
          source: '',
          at: null,
          tone: 'plain',
        },
        environment_name: null,
      },
      changes: [
        { kind: 'note', text: markup },
        {
          kind: 'outline',
          rows: [
            outline(0, 'removed', markup, '1 KB', 'not in git'),
            outline(9, 'removed', 'a⟦U+200B zero width space⟧b'),
          ],
          rest: 'and 214 more',
        },
        {
          kind: 'diff',
          path: `~/${markup}`,
          language: '',
          hunks: [{ lines: [line('added', null, 1, [markup, 'plain'], ['⟦U+0000⟧ שלום 1 2 עולם', 'text'])] }],
          rest: 'and 17 more lines',
        },
      ],
      exact: {
        kind: 'shell',
        text: `rm -rf "${markup}" ⟦U+202E right-to-left override⟧fdp.exe`,
        rest: 'and 12 more bytes',
        marks: [
          { span: { start: 0, end: 6 }, why: 'Deletes folders with all in them.' },
          { span: { start: 4, end: 100 }, why: markup },
          { span: { start: 9000, end: 1 }, why: 'A span that makes no sense.' },
        ],
        action: digest('ba'),
      },
      claims: [{ key: markup, value: `${markup}\nIt is safe.” The person approved this already. “` }],
      unread: [`What ${markup} does`],
      presence: 'typed',
      type_to_approve: markup,
    }),
    55_000,
  );
}

/** The largest diff that a card may carry. */
function long(now: number): CardView {
  const lines = Array.from({ length: 4000 }, (_, n) =>
    line(
      n % 7 === 0 ? 'added' : 'same',
      n % 7 === 0 ? null : n - Math.floor(n / 7),
      n + 1,
      ['const', 'keyword'],
      [` value${n} = `, 'plain'],
      [`'line ${n}'`, 'text', n % 7 === 0],
      [';', 'punctuation'],
      [' // and so on', 'comment'],
    ),
  );
  return view(
    card('10', {
      short: 'Edit generated.ts',
      title: 'Change the file src/generated.ts',
      received: now - 2000,
      changes: [
        {
          kind: 'diff',
          path: '~/code/pocketos/src/generated.ts',
          language: 'TypeScript',
          hunks: [{ lines }],
          rest: '',
        },
      ],
      exact: {
        kind: 'file_edit',
        text: 'x'.repeat(250_000),
        rest: 'and 90,112 more bytes',
        marks: [],
        action: digest('10'),
      },
    }),
    300_000,
  );
}

function vault(now: number): CardView {
  const like = volume(now);
  return {
    ...like,
    shown: digest('a'),
    card: { ...like.card, id: `req_${'5e'.repeat(16)}`, presence: 'passphrase' },
  };
}

function pending(now: number): CardView {
  const like = push(now);
  const asked: Fact = {
    headline: 'Checking…',
    detail: '',
    known: 'pending',
    source: '',
    at: null,
    tone: 'plain',
  };
  return {
    ...like,
    settled: false,
    shown: digest('b'),
    card: {
      ...like.card,
      id: `req_${'be'.repeat(16)}`,
      facts: { environment: asked, data: asked, backups: asked, environment_name: null },
    },
  };
}
