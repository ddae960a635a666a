/** A contestant for each program, measured by `run(round, program)`. */
export function each(programs, run) {
  return programs.map((program) => ({
    name: program.name,
    own: program.own,
    run: (round) => run(round, program),
  }))
}

/** Those of the programs that a row is about. */
export const only = (programs, ...names) => programs.filter(({ name }) => names.includes(name))
