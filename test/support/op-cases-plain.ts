/** Cases of every op that is not fused. */
import type { Dim, Shape } from '../../server/src/graph/ir.ts';
import type { OpCase } from './op-cases.ts';

type Unary = 'Neg' | 'Exp' | 'Tanh' | 'Erf' | 'Sigmoid' | 'Relu' | 'Cos' | 'Sin' | 'Softmax' | 'LogSoftmax';
type Positive = 'Log' | 'Sqrt' | 'Reciprocal';
type Arithmetic = 'Add' | 'Sub' | 'Mul' | 'Div' | 'Max' | 'Min';
type Comparison = 'Greater' | 'GreaterOrEqual' | 'Less' | 'LessOrEqual' | 'Equal';
type Reduction = 'ReduceSum' | 'ReduceMean' | 'ReduceMax' | 'ReduceSumSquare' | 'ReduceLogSumExp';

const unary = (op: Unary): OpCase => ({ op, build: ({ b, normal }) => b.op(op, [normal(['batch', 'pos', 4], 2)], {}) });
const ofPositive = (op: Positive): OpCase => ({ op, build: ({ b, positive }) => b.op(op, [positive(['pos', 4])], {}) });

/** Pairs of shapes that broadcast in every way: none, scalar, leading axes, inner ones, both sides. */
const BROADCASTS: readonly (readonly [Shape, Shape])[] = [
  [
    ['batch', 'pos'],
    ['batch', 'pos'],
  ],
  [['pos', 3], []],
  [[], [2]],
  [['batch', 'pos', 3], [3]],
  [
    ['batch', 'pos', 1],
    ['pos', 3],
  ],
  [
    [1, 'pos'],
    ['batch', 1, 1],
  ],
];

const arithmetic = (op: Arithmetic): OpCase[] =>
  BROADCASTS.map(([left, right]) => ({
    op,
    about: `[${left}] [${right}]`,
    build: ({ b, normal, positive }) => b.op(op, [normal(left), op === 'Div' ? positive(right) : normal(right)], {}),
  }));

const comparison = (op: Comparison): OpCase[] => [
  { op, about: 'int64', build: ({ b, ids }) => b.op(op, [ids(['batch', 'pos', 1], 3), ids(['pos', 3], 3)], {}) },
  { op, about: 'float32', build: ({ b, normal }) => b.op(op, [normal(['pos', 3]), normal([3])], {}) },
];

const reduction = (op: Reduction): OpCase[] =>
  [[2], [0], [0, 2], [0, 1, 2]].map((axes) => ({
    op,
    about: `axes ${axes}`,
    build: ({ b, normal }) => b.op(op, [normal(['batch', 'pos', 5])], { axes }),
  }));

const gemm = (transA: boolean, transB: boolean, bias: boolean): OpCase => ({
  op: 'Gemm',
  about: [transA && 'transA', transB && 'transB', bias && 'bias'].filter(Boolean).join(' '),
  build: ({ b, normal }) => {
    const a = normal(transA ? [4, 'pos'] : ['pos', 4]);
    const operands = [a, normal(transB ? [6, 4] : [4, 6]), ...(bias ? [normal([6])] : [])];
    return b.op('Gemm', operands, { transA, transB });
  },
});

const matmul = (left: Shape, right: Shape): OpCase => ({
  op: 'MatMul',
  about: `[${left}] [${right}]`,
  build: ({ b, normal }) => b.op('MatMul', [normal(left), normal(right)], {}),
});

const reshape = (from: Shape, to: Shape): OpCase => ({
  op: 'Reshape',
  about: `[${from}] to [${to}]`,
  build: ({ b, normal }) => b.op('Reshape', [normal(from)], { shape: to }),
});

const expand = (from: Shape, to: Shape): OpCase => ({
  op: 'Expand',
  about: `[${from}] to [${to}]`,
  build: ({ b, normal }) => {
    // An input that has the symbols, since a target shape is read from living values.
    normal(to);
    return b.op('Expand', [normal(from)], { shape: to });
  },
});

const scatter = (reduction: 'none' | 'add', axis: number): OpCase => ({
  op: 'ScatterElements',
  about: `${reduction} axis ${axis}`,
  build: ({ b, normal, ids, integers }) => {
    const indices = reduction === 'add' ? ids([3, 4], 3) : integers([3, 4], [0, 2, 1, 3, 1, 0, 3, 2, 2, 3, 0, 1]);
    return b.op('ScatterElements', [normal([5, 4]), indices, normal([3, 4])], { axis, reduction });
  },
});

const iota = (dim: Dim): OpCase => ({
  op: 'Iota',
  about: String(dim),
  build: ({ b, normal }) => [b.op('Neg', [normal(['batch', 'pos'])], {}), b.op('Iota', [], { dim })],
});

export const ELEMENTWISE_CASES: readonly OpCase[] = [
  ...(['Neg', 'Exp', 'Tanh', 'Erf', 'Sigmoid', 'Relu', 'Cos', 'Sin'] as const).map(unary),
  ...(['Log', 'Sqrt', 'Reciprocal'] as const).map(ofPositive),
  { op: 'Not', build: ({ b, bools }) => b.op('Not', [bools(['pos', 3])], {}) },
  ...(['none', 'tanh'] as const).map(
    (approximate): OpCase => ({
      op: 'Gelu',
      about: approximate,
      build: ({ b, normal }) => b.op('Gelu', [normal(['pos', 8], 2)], { approximate }),
    }),
  ),
  { op: 'Cast', about: 'int64 to float32', build: ({ b, ids }) => b.op('Cast', [ids(['pos'], 50)], { to: 'float32' }) },
  { op: 'Cast', about: 'float32 to int64', build: ({ b, normal }) => b.op('Cast', [normal([9], 5)], { to: 'int64' }) },
  { op: 'Cast', about: 'bool to float32', build: ({ b, bools }) => b.op('Cast', [bools([9])], { to: 'float32' }) },
  {
    op: 'Cast',
    about: 'to half and back',
    tolerance: 1e-3, // Half precision has 11 bits.
    build: ({ b, normal }) => b.op('Cast', [b.op('Cast', [normal([9])], { to: 'float16' })], { to: 'float32' }),
  },
  ...(['Add', 'Sub', 'Mul', 'Div', 'Max', 'Min'] as const).flatMap(arithmetic),
  ...(['Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Equal'] as const).flatMap(comparison),
  { op: 'And', build: ({ b, bools }) => b.op('And', [bools(['pos', 3]), bools([3])], {}) },
  { op: 'Or', build: ({ b, bools }) => b.op('Or', [bools(['pos', 3]), bools([3])], {}) },
  {
    op: 'Where',
    build: ({ b, bools, normal }) => b.op('Where', [bools(['pos', 3]), normal(['pos', 3]), normal(['pos', 3])], {}),
  },
  {
    op: 'Where',
    about: 'all three broadcast',
    build: ({ b, bools, normal }) => b.op('Where', [bools(['pos', 1]), normal(['batch', 1, 3]), normal([])], {}),
  },
];

export const PRODUCT_CASES: readonly OpCase[] = [
  ...[false, true].flatMap((a) => [false, true].flatMap((b) => [gemm(a, b, false), gemm(a, b, true)])),
  matmul(['pos', 4], [4, 3]),
  matmul(['batch', 'pos', 4], [4, 3]),
  matmul(['batch', 2, 'pos', 4], ['batch', 2, 4, 'pos']),
  matmul(['batch', 2, 3, 'pos', 4], ['batch', 2, 1, 4, 'pos']),
  matmul([3, 'pos', 4], ['batch', 1, 4, 2]),
];

export const REDUCTION_CASES: readonly OpCase[] = [
  ...(['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceSumSquare', 'ReduceLogSumExp'] as const).flatMap(reduction),
  { op: 'ReduceSum', about: 'int64', build: ({ b, ids }) => b.op('ReduceSum', [ids(['pos', 3], 9)], { axes: [0] }) },
  ...(['Softmax', 'LogSoftmax'] as const).map(unary),
];

export const SHAPE_CASES: readonly OpCase[] = [
  reshape(['batch', 'pos', 4], ['batch*pos', 4]),
  reshape(['batch', 'pos', 12], ['batch', 'pos', 3, 4]),
  reshape(['batch', 'pos', 'n', 4], ['batch*pos', 'n', 2, 2]),
  reshape(['pos', 'batch'], ['batch', 'pos']),
  reshape([2, 6], [3, 4]),
  reshape([1], []),
  expand(['pos', 1], ['pos', 3]),
  expand([], ['batch', 'pos']),
  expand([1, 3], ['batch', 'pos', 3]),
  {
    op: 'Transpose',
    build: ({ b, normal }) => b.op('Transpose', [normal(['batch', 'pos', 2, 3])], { perm: [0, 2, 3, 1] }),
  },
  { op: 'Concat', build: ({ b, normal }) => b.op('Concat', [normal(['pos', 3]), normal(['pos', 2])], { axis: 1 }) },
  {
    op: 'Concat',
    about: 'of the same value',
    build: ({ b, normal }) => {
      const x = normal(['pos', 2, 3]);
      return b.op('Concat', [x, x, normal(['pos', 1, 3])], { axis: 1 });
    },
  },
  {
    op: 'Concat',
    about: 'symbolic axis',
    build: ({ b, normal }) => b.op('Concat', [normal(['n', 3]), normal(['pos', 3]), normal([2, 3])], { axis: 0 }),
  },
  { op: 'Slice', build: ({ b, normal }) => b.op('Slice', [normal(['pos', 6])], { axis: 1, start: 2, end: 5 }) },
  {
    op: 'Slice',
    about: 'symbolic axis',
    build: ({ b, normal }) => b.op('Slice', [normal(['batch', 'pos', 2])], { axis: 1, start: 1, end: 4 }),
  },
  {
    op: 'SliceDynamic',
    build: ({ b, normal, integers }) => {
      const bounds = [integers([1], [2]), integers([1], [6])];
      return b.op('SliceDynamic', [normal(['batch', 'pos', 3]), ...bounds], { axis: 1, as: 'part' });
    },
  },
  iota(4),
  iota('pos'),
  iota('batch*pos'),
];

export const LOOKUP_CASES: readonly OpCase[] = [
  {
    op: 'Gather',
    about: 'rows',
    build: ({ b, normal, ids }) => b.op('Gather', [normal([6, 4]), ids(['batch', 'pos'], 6)], { axis: 0 }),
  },
  {
    op: 'Gather',
    about: 'a middle axis',
    build: ({ b, normal, ids }) => b.op('Gather', [normal([2, 'pos', 4]), ids([5], 7)], { axis: 1 }),
  },
  {
    op: 'Gather',
    about: 'one index',
    build: ({ b, normal, ids }) => b.op('Gather', [normal(['pos', 4]), ids([], 4)], { axis: 1 }),
  },
  {
    op: 'GatherElements',
    build: ({ b, normal, ids }) => b.op('GatherElements', [normal(['pos', 6]), ids(['pos', 3], 6)], { axis: 1 }),
  },
  {
    op: 'GatherElements',
    about: 'first axis',
    build: ({ b, normal, ids }) => b.op('GatherElements', [normal([5, 4]), ids(['pos', 4], 5)], { axis: 0 }),
  },
  scatter('add', 0),
  scatter('add', 1),
  scatter('none', 0),
  { op: 'TopK', build: ({ b, normal }) => b.ops('TopK', [normal(['batch', 'pos', 9])], { k: 3 }) },
];
