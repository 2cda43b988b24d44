/** The groups of the log directory: the list, the one that is looked at, and what the chooser shows. */
import { batch, computed, effect, type ReadonlySignal, signal, untracked } from '@preact/signals';
import type { Finding, ListedGroup, Problem, Summary } from '../api/report';
import { type Source, STALE } from '../api/source';
import { type Choice, type Company, choose, type GroupOrder } from '../model/groups';
import type { Codec } from '../model/hash';
import { during, messageOf } from './activity';
import { type Key, keyOf } from './address';

/** A directory that is still looked through changes its list all the time, and lists are long. */
const REST_MS = 2000;

const ALL: Choice = { text: '', company: 'all' };
const COMPANIES: readonly Company[] = ['together', 'alone'];

/** "together~train": the company, where not all are shown, and the text. */
const CHOICE: Codec<Choice> = {
  pack: ({ text, company }) => (company === 'all' && text === '' ? '' : `${company}~${text}`),
  unpack: (packed) => {
    const at = packed.indexOf('~');
    const company = COMPANIES.find((each) => each === packed.slice(0, at)) ?? 'all';
    return at < 0 ? ALL : { text: packed.slice(at + 1), company };
  },
};

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
  /** What cannot be decided between captures. */
  readonly findings = signal<readonly Finding[]>([]);
  /** Why nothing ran together; empty where something did. */
  readonly apart = signal('');
  readonly error = signal<string | null>(null);
  /** What was opened: the list, one group, or neither until it is known how many groups there are. */
  readonly place = signal<'overview' | 'group' | null>(null);
  readonly choice = signal<Choice>(ALL);
  readonly order = signal<GroupOrder | null>(null);
  readonly keys: readonly Key[] = [
    {
      name: 'group',
      // Whatever else the address holds is of this group, and leads nowhere in another.
      save: () => (this.isChosen.value || this.hasMore() ? (this.pinned.value ?? '') : ''),
      restore: (text) => {
        this.pinned.value = text || null;
        this.isChosen.value = text !== '';
        this.place.value = text === '' ? null : 'group';
      },
    },
    keyOf('list', CHOICE, this.choice),
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
  /** Whether the list is on screen: who has one group, or names one, looks at that. */
  readonly isOverview = computed(
    () => this.place.value === 'overview' && (this.summary.value?.groups ?? 0) > 1,
  );
  /** Whether no group was named yet: requests then need no report, unless there is only one group. */
  readonly isUndecided = computed(() => this.place.value !== 'group' && this.pinned.value === null);
  readonly together = computed(() => (this.list.value ?? []).filter(({ shared }) => shared).length);

  readonly #wanted = computed((): string | null => {
    const summary = this.summary.value;
    const isLate = !this.isSettled.value && !this.isOverview.value;
    if (summary === null || summary.groups < 2 || isLate || this.#isResting.value) return null;
    return summary.listing === this.#loaded.value ? null : summary.listing;
  });

  start(): void {
    effect(() => {
      if (this.#wanted.value !== null) untracked(() => void during(this.load()));
    });
  }

  isOther(id: string | null): boolean {
    return id === null ? this.place.value !== 'overview' : id !== this.pinned.value;
  }

  /** Pin a group, or open the list of all; false where that is what is looked at. */
  choose(id: string | null): boolean {
    const isOther = this.isOther(id);
    batch(() => {
      this.notice.value = null;
      this.isChosen.value = id !== null;
      this.pinned.value = id;
      this.place.value = id === null ? 'overview' : 'group';
    });
    return isOther;
  }

  /** Begin with the group of the address, the only one, or the list, once it is known how many there are. */
  settle(groups: number): void {
    if (this.place.value !== null || (groups === 0 && !this.isChosen.value)) return;
    this.place.value = this.isChosen.value || groups < 2 ? 'group' : 'overview';
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
          this.apart.value = answer.apart;
          this.findings.value = answer.findings;
        }
        this.#loaded.value = answer.listing;
      });
    } catch (failure) {
      this.error.value = messageOf(failure);
    }
  }
}
