/** A made-up history. */
import type { HistoryRow } from '../generated/HistoryRow';

const part = (value: object) =>
  btoa(JSON.stringify(value)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

function receipt(decision: string, by: string, presence: string): string {
  const head = part({
    alg: 'EdDSA',
    typ: 'sayso-receipt+jwt',
    kid: '7f3aQm0T5cYd2r8kWzvL1xJbN6oEuGhSiPqRtUwc91e',
  });
  const body = part({
    iss: by === 'person' ? 'person:anna' : 'machine:hera',
    aud: 'Claude Code',
    sub: `req_${'8c'.repeat(16)}`,
    iat: 1777000000,
    exp: 1777000300,
    decision,
    by,
    presence,
    action: `sha256:${'4e'.repeat(32)}`,
  });
  return `${head}.${body}.${'Zm9yIHNob3cgYWxvbmU'.repeat(4)}`;
}

/** Forty-five requests, newest first. */
export function past(now: number): HistoryRow[] {
  const kinds: Partial<HistoryRow>[] = [
    {
      sentence: 'Delete the folder build',
      exact: 'rm -rf build',
      decision: 'approved',
      by: 'person',
      presence: 'click',
      stage: 'used',
    },
    {
      sentence: 'Drop the table sessions',
      exact: 'DROP TABLE sessions;',
      severity: 'critical',
      environment: 'production',
      decision: 'denied',
      by: 'person',
      presence: 'click',
      stage: 'denied',
      reason: 'Not on a Friday. Rename it first, drop it next week.',
    },
    {
      sentence: 'Push the branch fix/login to origin',
      exact: 'git push origin fix/login',
      decision: 'denied',
      by: 'timeout',
      presence: 'none',
      stage: 'expired',
      reason: 'nobody decided in time',
    },
    {
      sentence: 'List the folder src',
      exact: 'ls -la src',
      severity: 'none',
      decision: 'approved',
      by: 'rule',
      presence: 'none',
      stage: 'used',
      reason: 'It only reads.',
    },
    {
      sentence: 'Change the file package.json',
      exact: 'file_edit ~/code/pocketos/package.json',
      agent: 'Codex',
      stage: 'withdrawn',
    },
    {
      sentence: 'Delete the volume cache in staging',
      exact: 'railway volume delete cache',
      environment: 'staging',
      decision: 'approved',
      by: 'person',
      presence: 'typed',
      stage: 'approved',
      verified: false,
    },
  ];
  return Array.from({ length: 45 }, (_, n) => {
    const kind = kinds[n % kinds.length] ?? {};
    const received = now - (n + 1) * 47 * 60_000;
    const { decision = null, by = null, presence = null } = kind;
    return {
      id: `req_${String(n).padStart(32, '0')}`,
      received,
      ended: received + 42_000,
      sentence: '',
      exact: '',
      severity: 'high',
      agent: 'Claude Code',
      environment: null,
      stage: 'denied',
      reason: null,
      verified: decision !== null,
      receipt: decision === null ? null : receipt(decision, by ?? '', presence ?? ''),
      ...kind,
      decision,
      by,
      presence,
    };
  });
}
