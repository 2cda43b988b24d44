/** The groups of the log directory: the list, the one that is looked at, and what the chooser shows. */
import { batch, computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { ListedGroup, Problem, Summary } from '../api/report';
import { type Source, STALE } from '../api/source';
import { type Choice, choose, type GroupOrder } from '../model/groups';
import { during, messageOf } from './activity';
import type { Key } from './address';

/** A directory that is still looked through changes its list all the time, and lists are long. */
const REST_MS = 2000;

export class Groups {
  /** The group that requests name; null: the server decides. */
  readonly pinned = signal<string | null>(null);
  /** Whether the user, or the address, chose it. */
  readonly isChosen = signal(false);
  /** The group that was asked for: gone, or replaced by the one that holds its captures now. */
  readonly notice = signal<'gone' | 'replaced' | null>(null);
  readonly list = signal<readonly ListedGroup[] | null>(null);
  /** Captures of which only the name is known yet. */
  readonly pending = signal(0);
  /** What is wrong with the log directory and its files. */
  readonly problems = signal<readonly Problem[]>([]);
  readonly error = signal<string | null>(null);
  readonly isOpen = signal(false);
  readonly choice = signal<Choice>({ text: '', company: 'all' });
  readonly order = signal<GroupOrder | null>(null);
  readonly keys: readonly Key[] = [
    {
      name: 'group',
      // Whatever else the address holds is of this group, and leads nowhere in another.
      save: () => (this.isChosen.value || this.hasMore() ? (this.pinned.value ?? '') : ''),
      restore: (text) => {
        this.pinned.value = text || null;
        this.isChosen.value = text !== '';
      },
    },
  ];
  readonly #loaded = signal<string | null>(null);
  readonly #isResting = signal(false);

  constructor(
    readonly source: Source,
    readonly summary: ReadonlySignal<Summary | null>,
    /** Whether the first picture, if there is to be one, is on screen: the list must not delay it. */
    readonly isSettled: ReadonlySignal<boolean>,
    /** Whether the address holds anything else. */
    readonly hasMore: () => boolean,
  ) {}

  /** The groups that the chooser shows. */
  readonly shown = computed((): readonly ListedGroup[] =>
    choose(this.list.value ?? [], this.choice.value, this.order.value),
  );
  readonly together = computed(() => (this.list.value ?? []).filter(({ shared }) => shared).length);

  readonly #wanted = computed((): string | null => {
    const summary = this.summary.value;
    const isLate = !this.isSettled.value && !this.isOpen.value;
    if (summary === null || summary.groups < 2 || isLate || this.#isResting.value) return null;
    return summary.listing === this.#loaded.value ? null : summary.listing;
  });

  start(): void {
    effect(() => {
      if (this.#wanted.value !== null) untracked(() => void during(this.load()));
    });
  }

  open(): void {
    batch(() => {
      this.order.value = null;
      this.choice.value = { text: '', company: 'all' };
      this.isOpen.value = true;
    });
  }

  /** Pin a group, or let the server decide; false where that is the pinned one. */
  choose(id: string | null): boolean {
    const isOther = id === null || id !== this.pinned.value;
    batch(() => {
      this.isOpen.value = false;
      this.notice.value = null;
      this.isChosen.value = id !== null;
      this.pinned.value = id;
    });
    return isOther;
  }

  /** Pin what the server answers with; true when another one was asked for, so that the view is another now. */
  adopt(group: ListedGroup | null, isFailed = false): boolean {
    const asked = this.pinned.value;
    if (group === null) {
      if (asked !== null && isFailed) this.notice.value = 'gone';
      return false;
    }
    if (group.id === asked) {
      if (this.notice.value === 'gone') this.notice.value = null;
      return false;
    }
    batch(() => {
      this.pinned.value = group.id;
      if (asked !== null) this.notice.value = 'replaced';
    });
    return true;
  }

  async load(): Promise<void> {
    this.#isResting.value = true;
    setTimeout(() => {
      this.#isResting.value = false;
    }, REST_MS);
    try {
      const answer = await this.source.groups(this.#loaded.value);
      if (answer === STALE) return;
      batch(() => {
        this.error.value = null;
        this.pending.value = answer.pending;
        if (answer.groups !== null) {
          this.list.value = answer.groups;
          // An answer without the list, since it is known, has no problems either.
          this.problems.value = answer.problems;
        }
        this.#loaded.value = answer.listing;
      });
    } catch (failure) {
      this.error.value = messageOf(failure);
    }
  }
}
