/** What is used of a package that brings no types. */
declare module 'postject' {
  /** Puts a resource into an executable file, and sets the mark that says so. */
  export function inject(
    file: string,
    resource: string,
    data: Uint8Array,
    options: { readonly sentinelFuse: string },
  ): Promise<void>
}
