/** Questions to the server that follow what is on screen. */
import { effect, type ReadonlySignal, type Signal, untracked } from '@preact/signals';
import { type Fresh, STALE } from '../api/source';
import { during, messageOf } from './activity';

interface Asking<Question, Answer> {
  readonly question: ReadonlySignal<Question | null>;
  readonly error: Signal<string | null>;
  ask(question: Question): Promise<Fresh<Answer>>;
  /** Null without a question, and after a failure. */
  show(answer: Answer | null, question: Question | null): void;
  /** Forget what was asked. */
  drop(): void;
}

/** Ask whenever the question changes; answers to older questions change nothing. */
export function keepAsking<Question, Answer>(asking: Asking<Question, Answer>): () => void {
  const { question, error } = asking;
  const answer = async (asked: Question): Promise<void> => {
    try {
      const found = await asking.ask(asked);
      if (found !== STALE) asking.show(found, asked);
    } catch (failure) {
      asking.show(null, asked);
      error.value = messageOf(failure);
    }
  };
  return effect(() => {
    const asked = question.value;
    untracked(() => {
      error.value = null;
      if (asked !== null) {
        void during(answer(asked));
        return;
      }
      asking.drop();
      asking.show(null, null);
    });
  });
}
