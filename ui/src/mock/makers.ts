/** The small makers of made-up cards. */
import type { Card } from '../generated/Card';
import type { CardView } from '../generated/CardView';
import type { DiffLine } from '../generated/DiffLine';
import type { Fact } from '../generated/Fact';
import type { Ink } from '../generated/Ink';
import type { LineMark } from '../generated/LineMark';
import type { OutlineRow } from '../generated/OutlineRow';

export const digest = (seed: string) => `sha256:${seed.repeat(64).slice(0, 64)}`;

export function checked(
  headline: string,
  detail: string,
  source: string,
  at: number | null,
  bad = false,
): Fact {
  return { headline, detail, known: 'checked', source, at, tone: bad ? 'bad' : 'plain' };
}

export const outline = (depth: number, mark: LineMark, name: string, size = '', note = ''): OutlineRow => ({
  depth,
  mark,
  name,
  size,
  note,
});

export function line(
  mark: LineMark,
  old: number | null,
  now: number | null,
  ...pieces: [string, Ink, boolean?][]
): DiffLine {
  return {
    mark,
    old,
    new: now,
    pieces: pieces.map(([text, ink, changed = false]) => ({ text, ink, changed })),
  };
}

export function card(id: string, over: Partial<Card>): Card {
  return {
    id: `req_${id.repeat(32).slice(0, 32)}`,
    short: '',
    title: '',
    severity: 'high',
    warning: '',
    agent: 'Claude Code',
    folder: '~/code/pocketos',
    branch: null,
    received: 0,
    facts: {
      environment: {
        headline: 'Not known',
        detail: 'No folder, remote or host of this action is in sayso.toml.',
        known: 'unknown',
        source: '',
        at: null,
        tone: 'plain',
      },
      data: checked('3 files', '12 KB, all tracked by git', 'git and the file system', null),
      backups: checked('Yes', 'All of it is on origin/main.', 'git', null),
      environment_name: null,
    },
    changes: [],
    exact: { kind: 'shell', text: '', rest: '', marks: [], action: digest(id) },
    peer: {
      uid: 1000,
      user: 'anna',
      processes: [
        { pid: 48213, program: '/usr/bin/sayso', command_line: 'sayso hook claude-code' },
        { pid: 48102, program: '/usr/bin/node', command_line: 'claude --continue' },
        { pid: 3120, program: '/usr/bin/zsh', command_line: '-zsh' },
      ],
    },
    claims: [],
    unread: [],
    presence: 'click',
    type_to_approve: null,
    ...over,
  };
}

export function view(card: Card, remaining_ms: number): CardView {
  return {
    card,
    shown: digest(card.id.slice(4, 5)),
    stage: 'waiting',
    ended: '',
    settled: true,
    remaining_ms,
  };
}

/** All cards by a name for scenes and tests. */
