/** Small behaviours of single elements. Styles are set through the CSSOM: the content security policy allows no
 * style attributes. */
import type { Attachment } from 'svelte/attachments';

/** Deeper rows than this stand no further in. */
const DEEPEST = 24;

/** How far in a row stands. */
export const depth =
  (level: number): Attachment<HTMLElement> =>
  (element) => {
    element.style.setProperty('--depth', String(Math.min(level, DEEPEST)));
  };

/** Says by the attribute `data-below` whether there is more below the edge of a scrolling element. */
export const below: Attachment<HTMLElement> = (element) => {
  const frame = element.parentElement;
  if (frame === null || typeof ResizeObserver === 'undefined') return;
  const look = () => {
    const more = element.scrollHeight - element.scrollTop - element.clientHeight > 8;
    frame.toggleAttribute('data-below', more);
  };
  const sizes = new ResizeObserver(look);
  sizes.observe(element);
  const content = new MutationObserver(look);
  content.observe(element, { childList: true, subtree: true });
  element.addEventListener('scroll', look, { passive: true });
  return () => {
    sizes.disconnect();
    content.disconnect();
    element.removeEventListener('scroll', look);
  };
};

/** Calls back when the element comes into view. */
export const seen =
  (call: () => void): Attachment<HTMLElement> =>
  (element) => {
    if (typeof IntersectionObserver === 'undefined') return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) call();
      },
      { rootMargin: '400px' },
    );
    observer.observe(element);
    return () => observer.disconnect();
  };
