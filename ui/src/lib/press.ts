/**
 * When the hand went down. A press that began while the buttons were inert, or on an earlier card, must not
 * count when it ends after they came alive.
 */
let pointerDown = Number.NEGATIVE_INFINITY;
let keyDown = Number.NEGATIVE_INFINITY;
let keySeen = Number.NEGATIVE_INFINITY;

/** A key's click follows its own event at once; anything later came from elsewhere. */
const SAME_STROKE_MS = 50;

/** Watches `target` until the returned function is called; `touched` is told of every sign of a hand. */
export function watchPresses(target: Window, touched: () => void): () => void {
  const down = () => {
    pointerDown = performance.now();
    touched();
  };
  const key = (event: KeyboardEvent) => {
    keySeen = performance.now();
    if (event.type === 'keydown' && !event.repeat) keyDown = keySeen;
    touched();
  };
  let place = '';
  const move = (event: PointerEvent) => {
    // A page that moves under a pointer at rest makes such events too.
    const here = `${event.screenX},${event.screenY}`;
    if (here !== place) touched();
    place = here;
  };
  const options = { capture: true, passive: true };
  target.addEventListener('pointerdown', down, options);
  target.addEventListener('keydown', key, options);
  target.addEventListener('keyup', key, options);
  target.addEventListener('pointermove', move, options);
  target.addEventListener('wheel', touched, options);
  return () => {
    target.removeEventListener('pointerdown', down, options);
    target.removeEventListener('keydown', key, options);
    target.removeEventListener('keyup', key, options);
    target.removeEventListener('pointermove', move, options);
    target.removeEventListener('wheel', touched, options);
  };
}

/** When the press began that this click ends; now, for a click that no hand made (a screen reader's). */
export function pressBegan(event: MouseEvent): number {
  if (event.detail > 0) return pointerDown;
  const now = performance.now();
  return now - keySeen < SAME_STROKE_MS ? keyDown : now;
}
