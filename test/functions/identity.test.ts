import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ValueCodec } from '../../src/values/codec.ts';
import { makePoint, Point } from './support/library.ts';
import { ARGUMENT, SecondRealm } from './support/second-realm.ts';

const test = suite('classes across realms');
const realm = new SecondRealm();
let limit = 5;

class Particle {
  static created = 0;
  readonly mass: number;

  constructor(mass: number) {
    this.mass = mass;
    Particle.created++;
  }

  isHeavy(): boolean {
    return this.mass > limit;
  }
}

class ParticleError extends Error {
  readonly particle: Particle;

  constructor(particle: Particle) {
    super('too heavy');
    this.name = 'ParticleError';
    this.particle = particle;
  }
}

class Grid extends Map<string, Particle> {}
class Fast extends Float64Array {
  unit = 'm';
}

const Legacy = function (this: { v: number }, v: number) {
  this.v = v;
} as unknown as new (
  v: number,
) => { v: number; double(): number };
Legacy.prototype.double = function (this: { v: number }) {
  return this.v * 2;
};

test('an instance comes home as an instance of the class that it left as', async () => {
  const home = (await realm.run((p: Particle) => p, new Particle(3))) as Particle;
  assert.instance(home, Particle);
  assert.is(home.mass, 3);
});

test('an instance made there is an instance here', async () => {
  assert.instance(await realm.run((mass: number) => new Particle(mass), 4), Particle);
});

test('there, an argument is an instance of the class that the function captured', async () => {
  assert.is(await realm.run((p: Particle) => p instanceof Particle, new Particle(1)), true);
});

test('it stays so when static properties have changed in between', async () => {
  const check = (p: Particle) => p instanceof Particle;
  await realm.run(check, new Particle(1));
  Particle.created = 99;
  assert.is(await realm.run(check, new Particle(2)), true);
});

test('when a captured variable has changed, a function sees the value of its own sending', async () => {
  const heavy = (p: Particle) => p.isHeavy();
  assert.is(await realm.run(heavy, new Particle(4)), false);
  limit = 3;
  assert.is(await realm.run(heavy, new Particle(4)), true);
  limit = 5;
});

test('subclasses of builtin classes keep their contents', async () => {
  const grid = (await realm.run(() => new Grid([['a', new Particle(1)]]))) as Grid;
  assert.instance(grid, Grid);
  assert.instance(grid.get('a'), Particle);
  const fast = (await realm.run((f: Fast) => f.map((x) => x * 2), new Fast([1, 2]))) as Fast;
  assert.instance(fast, Fast);
  assert.equal([fast[1], fast.unit], [4, 'm']);
});

test('an own error class comes back as itself, with what it carries', async () => {
  const fail = (mass: number) => {
    throw new ParticleError(new Particle(mass));
  };
  const error = await realm.run(fail, 9).catch((caught: unknown) => caught);
  assert.instance(error, ParticleError);
  assert.instance((error as ParticleError).particle, Particle);
  assert.is((error as ParticleError).message, 'too heavy');
});

test('objects of constructor functions come home too', async () => {
  const home = (await realm.run((v: number) => new Legacy(v), 4)) as { double(): number };
  assert.instance(home, Legacy);
  assert.is(home.double(), 8);
});

test('a class of an imported module is the one of that module there', async () => {
  assert.is(await realm.run((p: Point) => Point.isPoint(p), new Point(1, 2)), true);
  assert.is(await realm.run((p: Point) => Point.isPoint(p), makePoint(1, 2)), true);
  assert.instance(await realm.run((x: number) => makePoint(x, 1), 3), Point);
});

test('classes from one factory are told apart', async () => {
  const make = () =>
    class Twin {
      value = 1;
    };
  const [A, B] = [make(), make()];
  const [a, b] = (await realm.run(() => [new A(), new B()])) as [object, object];
  assert.instance(a, A);
  assert.instance(b, B);
  assert.not.instance(a, B);
});

test('an instance goes from one worker to another by way of its bytes alone', () => {
  const [client, first, second] = [new ValueCodec(), new ValueCodec(), new ValueCodec()];
  const there = first.decode(client.encode(new Particle(8), ARGUMENT));
  const further = second.decode(first.encode(there, ARGUMENT)) as Particle;
  assert.is(further.isHeavy(), true);
  assert.instance(client.decode(second.encode(further, ARGUMENT)), Particle);
});

test('atOneMoment reads what is captured once for all values', () => {
  const client = new ValueCodec();
  const [, second] = client.atOneMoment(() => {
    const first = client.encode(new Particle(50), ARGUMENT);
    limit = 100;
    return [first, client.encode(new Particle(50), ARGUMENT)];
  });
  assert.is((new ValueCodec().decode(second!) as Particle).isHeavy(), true);
  const later = client.encode(new Particle(50), ARGUMENT);
  assert.is((new ValueCodec().decode(later) as Particle).isHeavy(), false);
  limit = 5;
});

test.after(() => realm[Symbol.asyncDispose]());

test.run();
