import '../peers/nothing.mjs'
