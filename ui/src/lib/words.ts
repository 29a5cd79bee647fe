/** The words for what the generated types name. One word for one thing, as in the docs. */
import type { By } from '../generated/By';
import type { Decision } from '../generated/Decision';
import type { Presence } from '../generated/Presence';
import type { Stage } from '../generated/Stage';

const STAGES: Record<Stage, string> = {
  received: 'being read',
  read: 'being read',
  waiting: 'waiting',
  approved: 'approved',
  denied: 'denied',
  expired: 'expired',
  withdrawn: 'withdrawn',
  used: 'approved, used',
};

/** Where a request stands, in the queue's short words. */
export const stageWord = (stage: Stage): string => STAGES[stage];

const PRESENCES: Record<Presence, string> = {
  none: 'nobody there',
  click: 'by a click',
  typed: 'with the name typed',
  passphrase: 'with the passphrase',
  security_key: 'with a security key',
};

/** "Approved by a person, by a click", "Denied: nobody decided in time". */
export function howDecided(
  stage: Stage,
  decision: Decision | null,
  by: By | null,
  presence: Presence | null,
): string {
  if (decision === null || by === null)
    return stage === 'withdrawn' ? 'Withdrawn' : capital(stageWord(stage));
  const verdict = decision === 'approved' ? 'Approved' : 'Denied';
  if (by === 'timeout') return `${verdict}: nobody decided in time`;
  if (by === 'rule') return `${verdict} by a rule`;
  const sure = presence === null || presence === 'none' ? '' : `, ${PRESENCES[presence]}`;
  return `${verdict} by a person${sure}`;
}

/** The first letter large. */
export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
