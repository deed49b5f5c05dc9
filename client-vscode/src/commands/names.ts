/** Commands that the server's links, lenses and actions may call; nothing else in its texts is trusted. */
export const LINK_COMMANDS = [
  'sonde.openFeature',
  'sonde.pinFeature',
  'sonde.unpinFeature',
  'sonde.heatMap',
  'sonde.relabelFeature',
  'sonde.comparePrompts',
  'sonde.copyFeature',
];
