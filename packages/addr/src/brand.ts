/**
 * Names an error class on its prototype and makes `instanceof` recognise objects made by another installed copy
 * of this package: the mark is a registered symbol, the same in every copy. A subclass keeps the ordinary
 * meaning of `instanceof`.
 */
export function brand(errorClass: { readonly prototype: object }, name: string): void {
  const mark = Symbol.for(`@net/addr.${name}`)
  Object.defineProperty(errorClass.prototype, 'name', { value: name, configurable: true, writable: true })
  Object.defineProperty(errorClass.prototype, mark, { value: true })
  Object.defineProperty(errorClass, Symbol.hasInstance, {
    value(this: unknown, x: unknown): boolean {
      if (typeof x !== 'object' || x === null) return false
      if (this === errorClass) return mark in x
      return Function.prototype[Symbol.hasInstance].call(this as () => void, x)
    },
  })
}
