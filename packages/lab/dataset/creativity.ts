/**
 * Ten words for a keyword, 0 to 100 for how creative and diverse they are. Fourteen decent rows and
 * six with repeats or slips: honest graders land somewhat below 80.
 */

export type CreativityRow = { readonly keyword: string; readonly words: string };

const row = (keyword: string, words: string): CreativityRow => ({ keyword, words });

export const creativityRows: readonly CreativityRow[] = [
  row("harbour", "mooring, gull, brine, crane, tariff, fog, rope, customs, keel, farewell"),
  row("bread", "crust, oven, famine, yeast, picnic, sour, knife, harvest, toast, revolution"),
  row("clock", "pendulum, deadline, gear, midnight, cuckoo, wrist, patience, tower, rust, exam"),
  row("snow", "sled, snow, white, cold, snow, ice, winter, cold, white, ice"),
  row("library", "dust, whisper, index, ladder, overdue, lamp, exile, stamp, shelf, labyrinth"),
  row("bridge", "toll, arch, rivet, truce, troll, span, jazz, cable, dentist, armistice"),
  row("garden", "trowel, bee, compost, maze, spite, fence, orchid, drought, gnome, inheritance"),
  row("fire", "ember, fire, hot, flame, flames, heat, hot, burn, burning, fire"),
  row("train", "whistle, sleeper, strike, rail, tunnel, ticket, novel, buffer, snow, reunion"),
  row("mirror", "vanity, silver, twin, telescope, crack, dentist, lie, ballet, pond, stranger"),
  row("market", "barter, melon, crash, stall, spice, rumour, cart, auction, coin, pickpocket"),
  row("ocean", "wave, water, sea, blue, fish, sea, watr, deep, blue, wave"),
  row("school", "chalk, bell, truancy, globe, satchel, dare, fountain, choir, detention, kite"),
  row("key", "cipher, piano, jailer, island, lock, ring, sonata, keel, hotel, password"),
  row("moon", "tide, wolf, crater, rocket, lullaby, cheese, eclipse, tattoo, calendar, madness"),
  row("coffee", "cup, coffee, black, drink, hot, mug, cofee, black, drink, bean"),
  row("letter", "stamp, envelope, alphabet, exile, seal, ink, blackmail, pigeon, rune, farewell"),
  row("shoe", "shoe, foot, sock, lace, shoes, walk, foot, walking, leather, sock"),
  row("island", "castaway, lagoon, tax, volcano, dialect, ferry, coconut, penal, mirage, traffic"),
  row("voice", "voice, speak, talk, sound, loud, speak, talking, sing, loud, voise"),
];
