/**
 * Short texts and how far each is from the colour red: 100 none, 50 some, 0 all. The rubric is of
 * no use to anyone, which is its use here: nothing outside the task pulls a grader either way.
 */
export const redRows: readonly string[] = [
  "The brick wall glowed after the rain, and a cardinal sang on it.",
  "Invoices are filed by quarter, then by supplier.",
  "She pressed the stop button, a wide scarlet disc, and the belt halted.",
  "Basalt cools in six-sided columns.",
  "Tomatoes, beetroot and a handful of cherries went into the bowl.",
  "The ferry leaves at noon and returns before dark.",
  "His cheeks burned when the teacher read the note aloud.",
  "Use a torque wrench; hand-tight is not enough.",
  "Autumn had set the maples on fire along the whole valley.",
  "The committee adjourned without a vote.",
  "A fox crossed the frozen yard at dawn.",
  "Water the fern when the soil is dry to the first knuckle.",
  "The ledger was closed in the red for the third year.",
  "Two pawns and a bishop were left on the board.",
  "Mars rose over the ridge, small and rusty.",
  "The recipe asks for flour, salt and patience.",
  "They waved from the fire engine all the way down the street.",
  "The library opens late on Thursdays.",
  "A drop of wine spread across the tablecloth.",
  "The glacier has retreated by forty metres since the last survey.",
];
