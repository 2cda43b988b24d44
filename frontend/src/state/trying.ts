/** A schedule to try, asked for whenever it changes; all of it is in the address, so that it can be sent. */
import { batch, computed, type ReadonlySignal, signal } from '@preact/signals';
import type { Device, Prediction } from '../api/report';
import { type Fresh, type Source, STALE, type Tried } from '../api/source';
import { asInteger, type Codec, TEXT } from '../model/hash';
import { CAPS, type Caps } from '../model/memory';
import { isOfOne, memoryHolders, TRIED, type TriedSchedule, valuesOf } from '../model/trying';
import { keyOf } from './address';
import { keepAsking } from './asking';
import type { Timeline } from './timeline';

/** A slider moves many times a second. */
const SETTLE_MS = 60;
/** What takes the server long is asked for again. */
const RETRY_MS = 300;

const SCHEDULE: Codec<TriedSchedule | null> = {
  pack: (value) => value ?? '',
  unpack: (text) => TRIED.find((each) => each === text) ?? null,
};

const NUMBER: Codec<number | null> = {
  pack: (value) => (value === null ? '' : `${value}`),
  unpack: (text) => asInteger(text) ?? null,
};

export class Trying {
  /** Null: nothing is tried. */
  readonly schedule = signal<TriedSchedule | null>(null);
  readonly session = signal<string | null>(null);
  /** Nanoseconds or per cent, as the schedule has it. */
  readonly value = signal<number | null>(null);
  /** Memory limits by the sessions' indexes in the layout. */
  readonly limits = signal<Caps>(new Map());
  readonly keys = [
    keyOf('try', SCHEDULE, this.schedule),
    keyOf('tried', TEXT, this.session),
    keyOf('by', NUMBER, this.value),
    keyOf('limits', CAPS, this.limits),
  ];
  readonly found = signal<Prediction | null>(null);
  readonly error = signal<string | null>(null);
  readonly isAsking = signal(false);

  constructor(
    readonly source: Source,
    readonly device: ReadonlySignal<Device | null>,
    readonly timeline: Timeline,
    readonly loaded: ReadonlySignal<string>,
  ) {}

  /** The session that is shifted, capped or moved; the first one where the address names none of this device. */
  readonly subject = computed((): string | null => {
    const sessions = this.device.value?.sessions ?? [];
    const named = this.session.value;
    return named !== null && sessions.includes(named) ? named : (sessions[0] ?? null);
  });

  /** The value within what the schedule allows; null where it has none. */
  readonly amount = computed((): number | null => {
    const [schedule, device] = [this.schedule.value, this.device.value];
    const allowed = schedule === null || device === null ? null : valuesOf(schedule, device);
    if (allowed === null) return null;
    return Math.min(Math.max(this.value.value ?? allowed.usual, allowed.least), allowed.most);
  });

  /** One entry for each process, as the route wants them; undefined as long as the layout is not known. */
  readonly #limits = computed((): string | undefined =>
    memoryHolders(this.timeline.layout.value, this.device.value)
      ?.map((session) => this.limits.value.get(session) ?? '')
      .join(','),
  );

  readonly #question = computed((): (Tried & { loaded: string }) | null => {
    const [schedule, device, session] = [this.schedule.value, this.device.value, this.subject.value];
    if (schedule === null || device === null || session === null) return null;
    const limits = schedule === 'memory_limits' ? this.#limits.value : undefined;
    const value = this.amount.value ?? undefined;
    const loaded = this.loaded.value;
    return {
      device: device.id,
      schedule,
      session: isOfOne(schedule) ? session : undefined,
      value,
      limits,
      loaded,
    };
  });

  start(): void {
    keepAsking({
      question: this.#question,
      error: this.error,
      ask: (question) => {
        this.isAsking.value = true;
        return this.#ask(question);
      },
      show: (found) =>
        batch(() => {
          this.found.value = found;
          this.isAsking.value = false;
        }),
      drop: () => this.source.drop('whatif'),
    });
  }

  /** Try another schedule; its value starts anew, since it means something else. */
  choose(schedule: TriedSchedule | null): void {
    batch(() => {
      this.schedule.value = schedule;
      this.value.value = null;
    });
  }

  limit(session: number, limit: Caps extends ReadonlyMap<number, infer Size> ? Size | null : never): void {
    const next = new Map(this.limits.value);
    if (limit === null) next.delete(session);
    else next.set(session, limit);
    this.limits.value = next;
  }

  async #ask(question: Tried & { loaded: string }): Promise<Fresh<Prediction>> {
    const { loaded: _, ...tried } = question;
    while (this.#question.peek() === question) {
      const answer = await this.source.whatIf(tried, SETTLE_MS);
      if (answer === STALE || answer !== null) return answer;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
    return STALE;
  }
}
