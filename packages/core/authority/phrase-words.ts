/** Words of phrases, by byte value. Fixed for good: another list would give other phrases. */
export const phraseWords: readonly string[] = `
acorn actor album alley amber anchor angle apple apron arch arena arrow atlas attic aunt autumn
bacon badge bagel baker balloon bamboo banjo barrel basket beach beetle bell bench bicycle birch
bishop blanket blossom boat bonfire bottle boulder bracelet branch bread bridge broom bucket
buffalo bugle butter burrow cabin cactus camel canal candle canoe canvas captain caravan carpet
castle cedar cello chalk cherry chimney cider cinema circle clover cobweb coconut comet compass
copper coral cotton cradle crayon cricket crown curtain daisy dancer dawn decade desert diamond
dinner doctor dolphin donkey dragon drum duck dune dwarf eagle easel echo eclipse elbow elephant
ember emerald engine envelope equator ermine evening fabric falcon farmer feather fender ferry
fiddle finger flag flute fortune forest fossil fountain foxglove freckle frost fudge funnel galaxy
garden garlic gazelle geyser giant ginger giraffe glacier globe goblet goose granite grape guitar
hammer harbor harvest hatchet hazel helmet heron hickory hinge hockey honey horizon hotel hunter
husky iceberg igloo insect iris island ivory jacket jaguar jasmine jelly jigsaw jockey judge
jungle kayak kernel kettle kitchen kiwi knight koala ladder lagoon lantern laurel lemon leopard
library lilac lizard lobster locket lotus lumber magnet mango maple marble meadow melon mirror
mitten monkey mosaic motor muffin museum napkin nectar needle nephew nickel nomad nutmeg oasis
ocean olive onion opera orange orchid otter oven oxygen oyster paddle palace panda parrot peanut
pebble pelican pencil pepper piano pigeon pillow pirate planet plum pocket potato prairie pumpkin
puzzle pyramid quarry quilt rabbit radish raven ribbon river robin rocket saddle salmon scarf
zebra
`
  .trim()
  .split(/\s+/);
