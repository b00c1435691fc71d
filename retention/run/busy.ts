import { IbuildError } from '../../shared/base/errors.ts'

/** Lets one piece of work go on at a time, and refuses others. */
export class Busy {
  #what: string | undefined

  get isBusy(): boolean {
    return this.#what !== undefined
  }

  /** `what`: for whoever is refused meanwhile. Errors: RETENTION_BUSY. */
  async during<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.#what !== undefined) throw new IbuildError('RETENTION_BUSY', `${this.#what}, and only one at a time`)
    this.#what = what
    try {
      return await work()
    } finally {
      this.#what = undefined
    }
  }
}
