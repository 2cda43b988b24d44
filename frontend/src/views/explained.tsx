/** A term with its explanation: shown under the pointer and at the keyboard's focus, and read aloud as its description. */
import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';

/** For those who meet these words for the first time. */
export const MEANS = {
  slowdown:
    'How many times as long its work takes as it would alone: 1.5× means that 10 s alone become 15 s. ' +
    'The range behind it is the 90 % interval: nine of ten such ranges hold the true value. ' +
    'On the axis the dot is the estimate, the line its range, and the grey mark is at 1.00×, no slowdown.',
  evidence:
    'Class A: measured, against a capture of the session alone or by recorded context switches. ' +
    'Class B: estimated from its own undisturbed kernels. ' +
    'Class C: estimated from what the sharing mechanism leaves undisturbed. Class D: bounded, not estimated.',
  STP: 'System throughput, the sum of the progress of all sessions: 1 = no better than one after the other, 2 = as much as two devices.',
  ANTT: 'Average normalised turnaround time, the mean slowdown of the sessions: 1 = as fast as alone.',
  fairness:
    'The least slowdown divided by the largest: 1 = all are slowed equally, near 0 = one session pays for all.',
  Jain: "Jain's index of how evenly the sessions progress: 1 = equally, 1 divided by their number = only one progresses.",
} as const;

interface ExplainedProperties {
  readonly means: string;
  readonly children: ComponentChildren;
}

export function Explained({ means, children }: ExplainedProperties): JSX.Element {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  const [open, close] = [() => setOpen(true), () => setOpen(false)];
  return (
    // The explanation belongs to what is hovered: the pointer may move onto it.
    <span onPointerEnter={open} onPointerLeave={close}>
      <button
        type="button"
        class="term"
        aria-describedby={isOpen ? id : undefined}
        onFocus={open}
        onBlur={close}
        onKeyDown={(event) => {
          if (event.key === 'Escape') close();
        }}
      >
        {children}
      </button>
      {isOpen && (
        <span id={id} class="explanation" role="tooltip">
          {means}
        </span>
      )}
    </span>
  );
}
