'use strict';
(() => {

/* ------------------------------------------------------------------------
 * Kinds of calls: a lane, a shape and a colour each (the palette of Okabe and
 * Ito, which is told apart by everybody)
 * ------------------------------------------------------------------------ */

const FAILED = 5;
const KINDS = [
	{name: 'files', light: '#0072b2', dark: '#56b4e9', shape: 'square'},
	{name: 'network', light: '#e69f00', dark: '#e69f00', shape: 'diamond'},
	{name: 'processes', light: '#cc79a7', dark: '#cc79a7', shape: 'triangle'},
	{name: 'memory', light: '#009e73', dark: '#009e73', shape: 'ring'},
	{name: 'other', light: '#737b83', dark: '#aab2ba', shape: 'bar'},
	{name: 'failed', light: '#d55e00', dark: '#ff7f2a', shape: 'cross'},
];
const KIND_OF_NAME = [
	[1, /^(socket|bind$|connect|listen|accept|send(?!file)|recv|shutdown$|[gs]etsockopt|getsockname|getpeername)/],
	[3, /^(old_mmap|do_mmap|mmap|munmap|mprotect|pkey_mprotect|mremap|brk|madvise|mlock|munlock|msync|mincore|mbind|remap_file|shm|memfd|userfault|(Nt|Zw).*(VirtualMemory|Section))/],
	[2, /^(clone|fork|vfork|exec|exit|wait|kill|tkill|tgkill|gettid|getp(pid|id|gid|grp)|setpgid|[gs]etsid|ptrace|prctl|arch_prctl|set_tid|set_robust|get_robust|futex|rt_sig|sig|pause|sched_|pidfd|(Nt|Zw).*(Process|Thread))/],
	[0, /^(open|creat|close|p?readv?(64)?|p?writev?(64)?|preadv|pwritev|readlink|readahead|_?llseek|lseek|sendfile|splice|tee$|copy_file|(new)?[fl]?stat|statx|statfs|fstat|lstat|access|faccess|dup|pipe|fcntl|ioctl|getdents|getcwd|f?chdir|chroot|mkdir|rmdir|mknod|rename|link|unlink|symlink|f?l?chmod|f?l?chown|fchmod|fchown|umask|utime|futimes|fadvise|fallocate|f?truncate|f?sync|fdatasync|syncfs|flock|mount|umount|[fl]?(get|set|list|remove)xattr|inotify|fanotify|poll|ppoll|select|pselect|_newselect|epoll|quota|name_to_handle|(Nt|Zw).*(File|Directory|Volume|Pipe))/],
];

function kindOf(name) {
	const word = (name ?? '').replace(/^sys_/, '');
	for (const [kind, pattern] of KIND_OF_NAME)
		if (pattern.test(word)) return kind;
	return 4;
}

const darkGround = matchMedia('(prefers-color-scheme: dark)');
const themes = {
	light: {ground: '#ffffff', stripe: '#f5f6f7', ink: '#1b1f23', quiet: '#5c6670', line: '#dfe3e7', running: '#cfd5da', fork: '#b48ac7', chosen: '#fff3cd'},
	dark: {ground: '#14171a', stripe: '#1c2024', ink: '#e6e9ec', quiet: '#a3adb7', line: '#2c3238', running: '#47505a', fork: '#8a6aa0', chosen: '#4a3f16'},
};
for (const [name, theme] of Object.entries(themes)) theme.kinds = KINDS.map(kind => kind[name]);

/* ------------------------------------------------------------------------
 * Text: what a log holds becomes text alone, and steers nothing
 * ------------------------------------------------------------------------ */

const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function shown(text) {
	return String(text).replace(STEERING, c => {
		const code = c.charCodeAt(0);
		return code < 256 ? '\\x' + code.toString(16).padStart(2, '0') : '\\u' + code.toString(16).padStart(4, '0');
	});
}

function make(tag, attributes = {}, ...children) {
	const element = document.createElement(tag);
	for (const [name, value] of Object.entries(attributes)) {
		if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
		else if (value === true) element.setAttribute(name, '');
		else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
	}
	element.append(...children.filter(child => child !== null));
	return element;
}

function bdi(text) {
	const element = document.createElement('bdi');
	element.textContent = shown(text);
	return element;
}

function count(number) {
	return number === null || number === undefined ? '' : Number(number).toLocaleString('en-US');
}

function plural(number, one, many) {
	return `${count(number)} ${number === 1 ? one : many}`;
}

function short(number) {
	const size = Math.abs(number);
	for (const [unit, letter] of [[1e9, 'G'], [1e6, 'M'], [1e3, 'k']])
		if (size >= unit) return `${+(number / unit).toPrecision(4)} ${letter}`;
	return String(+number.toPrecision(4));
}

/* ------------------------------------------------------------------------
 * A log: its processes as a tree, what each row of the picture shows
 * ------------------------------------------------------------------------ */

class Log {
	constructor(data, number) {
		this.number = number;
		this.facts = data.facts;
		this.data = data;
		this.kinds = data.names.map(kindOf);
		this.hidden = new Set();
		this.open = new Set();
		this.chosen = null;
		this.readProcesses();
		this.readEvents();
		this.fold();
	}

	readProcesses() {
		this.processes = new Map();
		this.threads = new Map();
		for (const [id, parent, pid, name, command, first, last, instructions, exit, ended] of this.data.processes)
			this.processes.set(id, {id, parent, pid, name, command, first, last, instructions, exit, ended,
				label: command?.trim() || name || '(no name)', children: [], threads: [], calls: 0, failed: 0});
		for (const [id, process, tid, name, first, last] of this.data.threads) {
			const thread = {id, process, tid, name, first, last, calls: 0, failed: 0};
			this.threads.set(id, thread);
			this.processes.get(process)?.threads.push(thread);
		}
		/* calls without a process */
		this.nobody = {id: null, pid: null, label: '(no process known)', name: null, command: null, parent: null,
			first: null, last: null, instructions: null, children: [], threads: [], calls: 0, failed: 0};
		for (const [process, , calls, failed] of this.data.mix) {
			const of = this.processes.get(process) ?? this.nobody;
			of.calls += calls;
			of.failed += failed;
		}
		for (const [thread, calls, failed] of this.data.threadcalls) {
			const of = this.threads.get(thread);
			if (of) [of.calls, of.failed] = [calls, failed];
		}
		/* roots, and one process of every circle */
		const all = [...this.processes.values()];
		const above = process => this.processes.get(process.parent);
		const placed = new Set();
		this.roots = [];
		const place = root => {
			const waiting = [root];
			this.roots.push(root);
			placed.add(root);
			while (waiting.length > 0) {
				const process = waiting.pop();
				for (const child of this.childrenOf.get(process.id) ?? [])
					if (!placed.has(child)) {
						placed.add(child);
						process.children.push(child);
						waiting.push(child);
					}
			}
		};
		this.childrenOf = new Map();
		for (const process of all) {
			if (!this.childrenOf.has(process.parent)) this.childrenOf.set(process.parent, []);
			this.childrenOf.get(process.parent).push(process);
		}
		all.filter(process => !above(process)).forEach(place);
		all.forEach(process => placed.has(process) || place(process));
		if (this.nobody.calls > 0) this.roots.push(this.nobody);
		/* in the order of the tree, and how deep */
		this.order = [];
		const waiting = this.roots.map(root => [root, 0]).reverse();
		while (waiting.length > 0) {
			const [process, depth] = waiting.pop();
			process.depth = depth;
			this.order.push(process);
			for (let i = process.children.length - 1; i >= 0; i--) waiting.push([process.children[i], depth + 1]);
		}
		/* what makes two of them equal: the label, and what is below */
		const numbers = new Map();
		for (const process of [...this.order].reverse()) {
			const signature = JSON.stringify([process.label, process.children.map(child => child.signature),
				process.threads.length > 1 ? process.threads.map(thread => thread.name) : []]);
			if (!numbers.has(signature)) numbers.set(signature, numbers.size);
			process.signature = numbers.get(signature);
		}
	}

	/*
	 * Events are calls, or cells: the calls of a thread in one bin of offsets.
	 * Each has where it begins and how many calls of each kind it holds.
	 */
	readEvents() {
		const {facts, data} = this;
		const cells = facts.detail ? data.calls : data.cells;
		const width = facts.detail ? 0 : facts.width;
		this.width = width;
		this.starts = new Float64Array(cells.length);
		this.counts = new Float64Array(cells.length * 6);
		const byThread = new Map();
		for (let i = 0; i < cells.length; i++) {
			const cell = cells[i];
			if (facts.detail) {
				this.starts[i] = cell[2] ?? NaN;
				this.counts[i * 6 + this.kinds[cell[3]]]++;
				if (cell[4]) this.counts[i * 6 + FAILED]++;
			} else {
				this.starts[i] = facts.base + cell[2] * width;
				for (let j = 5; j < cell.length; j += 3) {
					this.counts[i * 6 + this.kinds[cell[j]]] += cell[j + 1];
					this.counts[i * 6 + FAILED] += cell[j + 2];
				}
			}
			if (Number.isNaN(this.starts[i])) continue;
			const key = `${cell[0]} ${cell[1]}`;
			if (!byThread.has(key)) byThread.set(key, {process: cell[0], thread: cell[1], events: []});
			byThread.get(key).events.push(i);
		}
		this.eventsOf = new Map();		/* by process: of each of its threads */
		for (const of of byThread.values()) {
			if (!this.eventsOf.has(of.process)) this.eventsOf.set(of.process, []);
			this.eventsOf.get(of.process).push(of);
		}
		this.slicesOf = new Map();
		for (const [process, thread, from, to] of data.slices) {
			if (!this.slicesOf.has(process)) this.slicesOf.set(process, []);
			this.slicesOf.get(process).push([from, to, thread]);
		}
		this.from = facts.first ?? 0;
		this.to = Math.max((facts.last ?? 0) + 1, this.from + 1);
	}

	/* The rows, from the tree; equal siblings are one, unless it is open. */
	fold() {
		const rows = [];
		const waiting = [];
		const push = (siblings, depth) => {
			const groups = new Map();
			for (const process of siblings) {
				if (!groups.has(process.signature)) groups.set(process.signature, []);
				groups.get(process.signature).push(process);
			}
			const items = [];
			for (const group of groups.values())
				items.push(group.length > 1 ? {fold: group, depth} : {process: group[0], depth});
			for (let i = items.length - 1; i >= 0; i--) waiting.push(items[i]);
		};
		push(this.roots, 0);
		while (waiting.length > 0) {
			const {fold, process, depth} = waiting.pop();
			if (fold) {
				const key = `fold ${fold[0].id}`;
				const members = [];
				const below = [...fold];
				while (below.length > 0) {
					const one = below.pop();
					if (!this.hidden.has(one.id)) members.push(one);
					below.push(...one.children);
				}
				const open = this.open.has(key);
				const visible = fold.filter(one => !this.hidden.has(one.id));
				if (members.length > 0) {
					const row = {key, depth, open, fold, members, label: `${count(visible.length)} × `, text: fold[0].label};
					rows.push(row);
				}
				if (open)
					for (let i = fold.length - 1; i >= 0; i--) waiting.push({process: fold[i], depth: depth + 1});
				continue;
			}
			if (!this.hidden.has(process.id)) {
				const key = `process ${process.id}`;
				rows.push({key, depth, process, members: [process],
					label: process.pid === null ? '' : `${process.pid} `, text: process.label});
				if (process.threads.length > 1) this.pushThreads(rows, process, depth + 1);
			}
			push(process.children, depth + 1);
		}
		this.rows = rows;
		this.rowOf = new Map();
		rows.forEach((row, i) => {
			if (row.thread || row.threads) return;
			for (const member of row.members)
				if (!row.fold || !row.open || !this.rowOf.has(member.id)) this.rowOf.set(member.id, i);
		});
	}

	pushThreads(rows, process, depth) {
		const groups = new Map();
		for (const thread of process.threads) {
			const name = thread.name ?? '';
			if (!groups.has(name)) groups.set(name, []);
			groups.get(name).push(thread);
		}
		const one = thread => rows.push({key: `thread ${thread.id}`, depth, process, members: [process], thread,
			threads: new Set([thread.id]), label: `${thread.tid ?? ''} `, text: thread.name ?? ''});
		for (const group of groups.values()) {
			if (group.length < 2) {
				one(group[0]);
				continue;
			}
			const key = `threads ${group[0].id}`;
			const open = this.open.has(key);
			rows.push({key, depth, process, members: [process], open, foldsThreads: true,
				threads: new Set(group.map(thread => thread.id)), label: `${count(group.length)} × thread `, text: group[0].name ?? ''});
			if (open) group.forEach(thread => one({...thread}) && (rows[rows.length - 1].depth = depth + 1));
		}
	}

	/* What a row shows: events by where they begin, and when it ran. */
	contents(row) {
		if (row.events) return row;
		const events = [];
		const slices = [];
		let first = Infinity, last = -Infinity;
		for (const member of row.members) {
			for (const of of this.eventsOf.get(member.id) ?? [])
				if (!row.threads || row.threads.has(of.thread)) for (const event of of.events) events.push(event);
			for (const slice of this.slicesOf.get(member.id) ?? [])
				if (!row.threads || row.threads.has(slice[2])) slices.push(slice);
			for (const seen of row.threads ? member.threads.filter(thread => row.threads.has(thread.id)) : [member]) {
				if (seen.first !== null) first = Math.min(first, seen.first);
				if (seen.last !== null) last = Math.max(last, seen.last);
			}
		}
		events.sort((a, b) => this.starts[a] - this.starts[b] || a - b);
		slices.sort((a, b) => a[0] - b[0]);
		row.events = events;
		row.slices = slices;
		row.first = first;
		row.last = last;
		return row;
	}

	/* The first of a row's events that begins at an offset or later. */
	eventAt(events, offset) {
		let low = 0, high = events.length;
		while (low < high) {
			const middle = (low + high) >> 1;
			if (this.starts[events[middle]] < offset) low = middle + 1;
			else high = middle;
		}
		return low;
	}

	isChosen(id) {
		return this.chosen === null || this.chosen === id;
	}
}

/* ------------------------------------------------------------------------
 * The picture
 * ------------------------------------------------------------------------ */

const ROW = 20;
const LANE = 3;

function draw(context, shape, x, y, size) {
	const half = size / 2;
	context.beginPath();
	switch (shape) {
		case 'square':
			context.rect(x - half, y - half, size, size);
			context.fill();
			break;
		case 'diamond':
			context.moveTo(x, y - half - 1);
			context.lineTo(x + half + 1, y);
			context.lineTo(x, y + half + 1);
			context.lineTo(x - half - 1, y);
			context.fill();
			break;
		case 'triangle':
			context.moveTo(x, y - half - 1);
			context.lineTo(x + half + 1, y + half);
			context.lineTo(x - half - 1, y + half);
			context.fill();
			break;
		case 'ring':
			context.arc(x, y, half, 0, 7);
			context.lineWidth = 2;
			context.stroke();
			break;
		case 'bar':
			context.rect(x - 1, y - half - 1, 2, size + 2);
			context.fill();
			break;
		case 'cross':
			context.moveTo(x - half, y - half);
			context.lineTo(x + half, y + half);
			context.moveTo(x + half, y - half);
			context.lineTo(x - half, y + half);
			context.lineWidth = 1.6;
			context.stroke();
	}
}

/* A scale from offsets to pixels. */
function scaleOf(view, width) {
	const factor = width / (view.to - view.from);
	return {view, width, factor, x: offset => (offset - view.from) * factor, offset: x => view.from + x / factor};
}

function ticks(view, width) {
	const wish = (view.to - view.from) / Math.max(2, width / 110);
	const power = 10 ** Math.floor(Math.log10(wish));
	const step = [1, 2, 5, 10].map(n => n * power).find(n => n >= wish) || 1;
	const found = [];
	for (let at = Math.ceil(view.from / step) * step, i = 0; at <= view.to && i < 100; at += step, i++) found.push(at);
	return found;
}

function drawGrid(context, scale, height, theme) {
	context.fillStyle = theme.line;
	for (const at of ticks(scale.view, scale.width)) context.fillRect(Math.round(scale.x(at)), 0, 1, height);
}

/*
 * A row: when it ran as a bar, and its calls.  One that stands alone is a
 * shape; where they are close, each kind has a lane of its own.
 */
function drawRow(context, log, row, y, scale, theme, kinds) {
	const {starts, counts, width: binWidth} = log;
	const {events, slices, first, last} = log.contents(row);
	const {view, factor} = scale;
	const from = view.from - binWidth - 10 / factor;
	const lanes = y + 2;

	if (first <= last) {
		const a = Math.max(-1, scale.x(first)), b = Math.min(scale.width + 1, scale.x(last));
		context.fillStyle = theme.running;
		if (b >= a) context.fillRect(a, y + ROW / 2 - 1, Math.max(1, b - a), 1);
	}
	context.fillStyle = theme.running;
	let covered = -1;
	for (const [start, end] of slices) {
		if (start > view.to) break;
		if (end < view.from) continue;
		const a = Math.max(Math.floor(scale.x(start)), covered), b = Math.min(Math.ceil(scale.x(end)), scale.width);
		if (b > a) context.fillRect(Math.max(a, 0), lanes, b - Math.max(a, 0), 5 * LANE);
		covered = Math.max(covered, b);
	}

	const drawn = new Int32Array(6).fill(-9);
	const wide = Math.max(1, Math.ceil(binWidth * factor));
	const apart = 9 + (wide > 9 ? 1e9 : 0);
	for (let i = log.eventAt(events, from); i < events.length; i++) {
		const event = events[i];
		const x = scale.x(starts[event]);
		if (x > scale.width + 10) break;
		const before = i > 0 ? x - scale.x(starts[events[i - 1]]) : 1e9;
		const after = i + 1 < events.length ? scale.x(starts[events[i + 1]]) - x : 1e9;
		const alone = before >= apart && after >= apart;
		const left = Math.floor(x);
		for (let kind = 0; kind < 6; kind++) {
			if (!kinds[kind] || counts[event * 6 + kind] === 0) continue;
			context.fillStyle = context.strokeStyle = theme.kinds[kind];
			if (alone && kind < FAILED) draw(context, KINDS[kind].shape, x + wide / 2, lanes + 7, 7);
			else if (alone) draw(context, 'cross', x + wide / 2, y + ROW - 3, 4);
			else if (drawn[kind] < left + wide - 1) context.fillRect(left, lanes + kind * LANE, wide, LANE - (kind < FAILED ? 0 : 1));
			drawn[kind] = left + wide - 1;
		}
	}
}

/* Lines from parents to children, at the rows of a part of the picture. */
function drawForks(context, log, top, height, scale, theme) {
	const {view} = scale;
	context.fillStyle = theme.fork;
	const drawn = new Set();
	for (const process of log.order) {
		const from = log.rowOf.get(process.parent), to = log.rowOf.get(process.id);
		if (from === undefined || to === undefined || from === to || process.first === null) continue;
		if (process.first < view.from || process.first > view.to) continue;
		const x = Math.round(scale.x(process.first));
		const key = `${from} ${to} ${x}`;
		if (drawn.has(key)) continue;
		drawn.add(key);
		const a = Math.max(0, (Math.min(from, to) + .5) * ROW - top), b = Math.min(height, (Math.max(from, to) + .5) * ROW - top);
		if (b > a) context.fillRect(x, a, 1, b - a);
	}
}

/* How many calls of each kind there are at each pixel, over all rows. */
function drawDensity(context, log, scale, theme, kinds) {
	const {width, factor} = scale;
	const columns = Array.from({length: 6}, () => new Float64Array(width + 1));
	const binPixels = log.width * factor;
	for (const [process, threads] of log.eventsOf) {
		if (log.hidden.has(process) || !log.isChosen(process)) continue;
		for (const {events} of threads)
			for (const event of events) {
				const x = scale.x(log.starts[event]);
				if (x > width || x + binPixels < 0) continue;
				const a = Math.max(0, Math.floor(x)), b = Math.min(width, Math.max(a, Math.floor(x + binPixels)));
				for (let kind = 0; kind < 6; kind++) {
					const calls = log.counts[event * 6 + kind];
					if (calls > 0) for (let column = a; column <= b; column++) columns[kind][column] += calls / (Math.floor(x + binPixels) - Math.floor(x) + 1);
				}
			}
	}
	let most = 0;
	columns.forEach((column, kind) => kinds[kind] && column.forEach(value => { most = Math.max(most, value); }));
	columns.forEach((column, kind) => {
		context.fillStyle = theme.kinds[kind];
		column.forEach((value, x) => {
			if (value === 0 || !kinds[kind]) return;
			const height = Math.max(1, 13 * Math.sqrt(value / most));
			context.fillRect(x, kind * 15 + 14 - height, 1, height);
		});
		context.fillStyle = theme.line;
		context.fillRect(0, kind * 15 + 14, width, 1);
	});
	context.fillStyle = theme.quiet;
	context.font = '11px system-ui, sans-serif';
	context.textAlign = 'left';
	for (const at of ticks(scale.view, width)) context.fillText(short(at), scale.x(at) + 3, 104);
}

function prepare(canvas, width, height, dense) {
	canvas.width = Math.max(1, Math.round(width * dense));
	canvas.height = Math.max(1, Math.round(height * dense));
	const context = canvas.getContext('2d');
	context.setTransform(dense, 0, 0, dense, 0, 0);
	return context;
}

class Timeline {
	constructor(log, page) {
		this.log = log;
		this.page = page;
		this.kinds = KINDS.map(() => true);
		this.view = {from: log.from, to: log.to};
		this.labelOf = new Map();
		this.build();
	}

	build() {
		const {log} = this;
		this.top = make('canvas', {'aria-hidden': 'true'});
		this.canvas = make('canvas', {tabindex: '0', role: 'application',
			'aria-label': `Timeline of ${shown(log.facts.name)}: plus and minus zoom, arrows left and right move, up and down choose a process, Escape undoes, 0 shows all. The tables below have the same.`});
		this.labels = make('div', {class: 'labels'});
		this.pinned = make('div', {class: 'pinned'}, this.labels, this.canvas);
		this.height = make('div', {}, this.pinned);
		this.rows = make('div', {class: 'rows'}, this.height);
		const lanes = make('div', {class: 'labels'});
		KINDS.forEach((kind, i) => {
			const lane = make('span', {class: 'lane'}, i < FAILED ? kind.name : 'failed');
			lane.style.top = `${i * 15 + 2}px`;
			lanes.append(lane);
		});
		const axis = make('span', {class: 'lane'}, 'instructions');
		axis.style.top = '93px';
		lanes.append(axis);
		this.element = make('div', {class: 'timeline'}, make('div', {class: 'top'}, lanes, this.top), this.rows);
		this.rubber = null;
		this.rows.addEventListener('scroll', () => this.redraw());
		for (const canvas of [this.canvas, this.top]) {
			canvas.addEventListener('wheel', event => this.wheel(event), {passive: false});
			canvas.addEventListener('pointerdown', event => this.press(event));
			canvas.addEventListener('pointermove', event => this.move(event));
			canvas.addEventListener('pointerup', event => this.release(event));
			canvas.addEventListener('pointercancel', () => { this.rubber = null; this.redraw(); });
			canvas.addEventListener('pointerleave', () => this.page.tip(null));
			canvas.addEventListener('dblclick', () => this.show(log.from, log.to));
		}
		this.canvas.addEventListener('keydown', event => this.key(event));
		this.canvas.addEventListener('focus', () => { this.page.active = this; });
		new ResizeObserver(() => this.redraw()).observe(this.element);
	}

	tools() {
		const button = (text, title, work) => make('button', {type: 'button', title, onclick: work}, text);
		this.showHidden = button('', 'Show the processes whose box is empty', () => {
			this.log.hidden.clear();
			this.page.refresh(this.log);
		});
		return make('div', {class: 'tools'},
			button('+', 'Zoom in (+)', () => this.zoom(.5)), button('−', 'Zoom out (-)', () => this.zoom(2)),
			button('←', 'Earlier (arrow left)', () => this.pan(-.25)), button('→', 'Later (arrow right)', () => this.pan(.25)),
			button('All', 'The whole log (0)', () => this.show(this.log.from, this.log.to)), this.showHidden,
			this.where = make('span', {class: 'quiet', 'aria-live': 'polite'}));
	}

	legend() {
		return make('div', {class: 'legend'}, ...KINDS.map((kind, i) => {
			const button = make('button', {type: 'button', 'aria-pressed': 'true', title: `Hide or show ${kind.name}`}, symbol(kind), kind.name);
			button.addEventListener('click', () => {
				this.kinds[i] = !this.kinds[i];
				button.setAttribute('aria-pressed', String(this.kinds[i]));
				button.style.opacity = this.kinds[i] ? '' : '.4';
				this.redraw();
			});
			return button;
		}), make('span', {class: 'quiet'}, 'grey: running; lines: forks'));
	}

	/* Show a range of offsets, not wider than the log nor narrower than a few instructions. */
	show(from, to) {
		const {log} = this;
		const span = Math.min(log.to - log.from, Math.max(to - from, 20));
		const start = Math.min(Math.max(from, log.from), log.to - span);
		this.view = {from: start, to: start + span};
		this.redraw();
	}

	zoom(factor, at = (this.view.from + this.view.to) / 2) {
		const {from, to} = this.view;
		this.show(at - (at - from) * factor, at + (to - at) * factor);
	}

	pan(part) {
		const step = (this.view.to - this.view.from) * part;
		this.show(this.view.from + step, this.view.to + step);
	}

	redraw() {
		if (this.waiting) return;
		this.waiting = requestAnimationFrame(() => {
			this.waiting = 0;
			this.paint();
		});
	}

	theme() {
		return darkGround.matches ? themes.dark : themes.light;
	}

	paint() {
		const {log} = this;
		const theme = this.theme();
		const dense = devicePixelRatio || 1;
		const width = Math.floor(this.canvas.clientWidth);
		if (width < 10) return;
		const total = log.rows.length * ROW;
		const height = Math.max(ROW, Math.min(total, Math.floor(innerHeight * .72)));
		this.height.style.height = `${total}px`;
		this.pinned.style.height = `${height}px`;
		const scale = this.scale = scaleOf(this.view, width);
		const top = this.rows.scrollTop;

		const above = prepare(this.top, width, 108, dense);
		above.fillStyle = theme.ground;
		above.fillRect(0, 0, width, 108);
		drawDensity(above, log, scale, theme, this.kinds);

		const context = prepare(this.canvas, width, height, dense);
		const first = Math.floor(top / ROW), last = Math.min(log.rows.length, Math.ceil((top + height) / ROW));
		paintRows(context, log, scale, theme, this.kinds, first, last, top, height);
		if (this.rubber && this.rubber.moved) {
			const {from, to} = this.rubber;
			context.globalAlpha = .25;
			context.fillStyle = theme.kinds[0];
			context.fillRect(Math.min(from, to), 0, Math.abs(to - from), height);
			context.globalAlpha = 1;
		}
		this.placeLabels(first, last, top);
		this.where.textContent = `${short(this.view.from)} to ${short(this.view.to)} of ${short(log.to - log.from)} instructions`;
		this.showHidden.hidden = log.hidden.size === 0;
		this.showHidden.textContent = `Show ${plural(log.hidden.size, 'hidden process', 'hidden processes')}`;
	}

	placeLabels(first, last, top) {
		const wanted = new Map();
		for (let i = first; i < last; i++) wanted.set(this.log.rows[i].key, i);
		for (const [key, label] of this.labelOf)
			if (!wanted.has(key) || label.row !== this.log.rows[wanted.get(key)]) {
				label.element.remove();
				this.labelOf.delete(key);
			}
		for (const [key, i] of wanted) {
			let label = this.labelOf.get(key);
			if (!label) {
				label = {row: this.log.rows[i], element: this.label(this.log.rows[i])};
				this.labelOf.set(key, label);
				this.labels.append(label.element);
			}
			label.element.style.top = `${i * ROW - top}px`;
			label.element.classList.toggle('odd', i % 2 === 1);
			this.mark(label.element, label.row);
		}
	}

	mark(element, row) {
		const chosen = row.members.some(member => member.id === this.log.chosen);
		element.classList.toggle('faded', this.log.chosen !== null && !chosen);
		element.classList.toggle('chosen-row', chosen && !row.threads);
	}

	label(row) {
		const element = make('div', {class: row.threads ? 'row thread' : 'row', 'data-key': row.key});
		element.style.paddingLeft = `${4 + Math.min(row.depth, 12) * 12}px`;
		if (!row.threads) {
			const box = make('input', {type: 'checkbox', title: 'Show in the timeline', 'aria-label': `show ${row.label}${shown(row.text)}`});
			box.checked = true;
			box.addEventListener('change', () => {
				for (const member of row.fold ?? row.members) this.log.hidden.add(member.id);
				this.page.refresh(this.log);
			});
			element.append(box);
		}
		const folds = row.fold || row.foldsThreads;
		element.append(make('button', {type: 'button', title: shown(row.label + row.text), 'aria-expanded': folds ? String(row.open) : null,
			onclick: () => this.choose(row)}, folds ? (row.open ? '▾ ' : '▸ ') : '', row.label, bdi(row.text)));
		return element;
	}

	/* A click on a row: it opens, or its process is chosen. */
	choose(row) {
		const {log} = this;
		if (row.fold || row.foldsThreads) {
			if (log.open.has(row.key)) log.open.delete(row.key);
			else log.open.add(row.key);
			log.fold();
			this.redraw();
			return;
		}
		this.page.choose(log, log.chosen === row.process.id ? null : row.process.id);
	}

	rowAt(event) {
		if (event.currentTarget !== this.canvas) return null;
		const box = this.canvas.getBoundingClientRect();
		return this.log.rows[Math.floor((event.clientY - box.top + this.rows.scrollTop) / ROW)] ?? null;
	}

	xOf(event) {
		return event.clientX - this.canvas.getBoundingClientRect().left;
	}

	wheel(event) {
		event.preventDefault();
		this.page.active = this;
		const step = event.deltaMode === 1 ? 30 : 1;
		if (event.deltaX !== 0 && Math.abs(event.deltaX) > Math.abs(event.deltaY)) this.pan(event.deltaX * step / this.scale.width);
		else if (event.shiftKey) this.pan(event.deltaY * step / this.scale.width);
		else this.zoom(Math.exp(Math.max(-200, Math.min(200, event.deltaY * step)) * .0025), this.scale.offset(this.xOf(event)));
	}

	press(event) {
		if (event.button !== 0 || !this.scale) return;
		this.page.active = this;
		event.currentTarget.setPointerCapture(event.pointerId);
		const x = this.xOf(event);
		this.rubber = {from: x, to: x, moved: false, pan: event.shiftKey, view: this.view};
	}

	move(event) {
		const {rubber} = this;
		if (!rubber) {
			this.hover(event);
			return;
		}
		rubber.to = this.xOf(event);
		if (Math.abs(rubber.to - rubber.from) > 4) rubber.moved = true;
		if (rubber.pan && rubber.moved) {
			const step = (rubber.from - rubber.to) / this.scale.factor;
			this.show(rubber.view.from + step, rubber.view.to + step);
		}
		this.page.tip(null);
		this.redraw();
	}

	release(event) {
		const {rubber} = this;
		this.rubber = null;
		if (!rubber) return;
		if (rubber.moved && !rubber.pan)
			this.show(this.scale.offset(Math.min(rubber.from, rubber.to)), this.scale.offset(Math.max(rubber.from, rubber.to)));
		else if (!rubber.moved) {
			const row = this.rowAt(event);
			if (row) this.choose(row);
		}
		this.redraw();
	}

	/* Keys that need the picture to be in focus; the page has the others. */
	key(event) {
		const {log} = this;
		if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
		event.preventDefault();
		const processes = log.rows.filter(row => row.process && !row.threads);
		const at = processes.findIndex(row => row.process.id === log.chosen);
		const next = processes[event.key === 'ArrowDown' ? at + 1 : at < 0 ? processes.length - 1 : at - 1];
		if (!next) return;
		this.page.choose(log, next.process.id);
		this.reveal(next.process.id);
	}

	/* Bring a process's row into sight, out of the row that folds it. */
	reveal(id) {
		const {log} = this;
		for (let tries = 0; tries < log.order.length; tries++) {
			const row = log.rows[log.rowOf.get(id)];
			if (!row || !row.fold || row.open) break;
			log.open.add(row.key);
			log.fold();
		}
		const y = (log.rowOf.get(id) ?? 0) * ROW;
		if (y < this.rows.scrollTop) this.rows.scrollTop = y;
		else if (y + ROW > this.rows.scrollTop + this.rows.clientHeight) this.rows.scrollTop = y + ROW - this.rows.clientHeight;
		this.redraw();
	}

	hover(event) {
		if (!this.scale) return;
		const row = this.rowAt(event);
		const x = this.xOf(event);
		const found = row ? this.eventsNear(this.log.contents(row).events, x) : [];
		this.page.tip(this.tipOf(row, found, x), event.clientX, event.clientY);
	}

	/* The events under the pointer, or the nearest one. */
	eventsNear(events, x) {
		const {log, scale} = this;
		const pixels = log.width * scale.factor;
		const reach = 8;
		const found = [];
		let nearest = reach;
		for (let i = log.eventAt(events, scale.offset(x - reach - pixels)); i < events.length; i++) {
			const event = events[i];
			if (!this.kinds.some((on, kind) => on && log.counts[event * 6 + kind] > 0)) continue;
			const left = scale.x(log.starts[event]);
			if (left > x + reach) break;
			const distance = x < left ? left - x : Math.max(0, x - left - Math.max(1, pixels));
			nearest = Math.min(nearest, distance);
			found.push([event, distance]);
		}
		return found.filter(([, distance]) => distance <= Math.max(1.5, nearest)).map(([event]) => event);
	}

	tipOf(row, found, x) {
		const {log} = this;
		const tip = document.createDocumentFragment();
		const offset = Math.round(this.scale.offset(x));
		if (row) tip.append(make('p', {}, make('strong', {}, row.label, bdi(row.text)), ` at ${count(offset)}`));
		else tip.append(make('p', {}, `at ${count(offset)}`));
		if (found.length > 0 && log.facts.detail) this.tipOfCalls(tip, found);
		else if (found.length > 0) this.tipOfCells(tip, found);
		return row || found.length > 0 ? tip : null;
	}

	tipOfCalls(tip, found) {
		const {log} = this;
		const lines = make('ul');
		for (const event of found.slice(0, 6)) {
			const [, thread, offset, name, failed, text] = log.data.calls[event];
			const kind = KINDS[log.kinds[name]];
			lines.append(make('li', {}, symbol(failed ? KINDS[FAILED] : kind), make('code', {}, bdi(text)),
				make('span', {class: 'quiet'}, ` ${count(offset)}, thread ${log.threads.get(thread)?.tid ?? '?'}`)));
		}
		tip.append(lines);
		if (found.length > 6) tip.append(make('p', {class: 'quiet'}, `and ${plural(found.length - 6, 'call', 'calls')} more here: zoom in`));
	}

	tipOfCells(tip, found) {
		const {log} = this;
		const names = new Map();
		let calls = 0, failed = 0;
		for (const event of found) {
			const cell = log.data.cells[event];
			for (let j = 5; j < cell.length; j += 3) {
				names.set(cell[j], (names.get(cell[j]) ?? 0) + cell[j + 1]);
				calls += cell[j + 1];
				failed += cell[j + 2];
			}
		}
		const listed = [...names].sort((a, b) => b[1] - a[1] || a[0] - b[0]);
		tip.append(make('p', {}, `${plural(calls, 'call', 'calls')}, ${count(failed)} failed`));
		tip.append(make('ul', {}, ...listed.slice(0, 10).map(([name, number]) =>
			make('li', {}, symbol(KINDS[log.kinds[name]]), `${count(number)} × `, bdi(log.data.names[name] ?? '(no name)')))));
		if (listed.length > 10) tip.append(make('p', {class: 'quiet'}, `and ${count(listed.length - 10)} names more`));
		const first = log.data.cells[found[0]][3], last = log.data.cells[found[found.length - 1]];
		tip.append(make('p', {}, 'first: ', make('code', {}, bdi(first ?? ''))));
		if (calls > 1) tip.append(make('p', {}, 'last: ', make('code', {}, bdi(last[4] ?? last[3] ?? ''))));
	}
}

function paintRows(context, log, scale, theme, kinds, first, last, top, height) {
	const {width} = scale;
	context.fillStyle = theme.ground;
	context.fillRect(0, 0, width, height);
	for (let i = first; i < last; i++) {
		const y = i * ROW - top;
		const chosen = log.rows[i].process && log.rows[i].process.id === log.chosen;
		context.fillStyle = chosen ? theme.chosen : theme.stripe;
		if (chosen || i % 2 === 1) context.fillRect(0, y, width, ROW);
	}
	drawGrid(context, scale, height, theme);
	context.globalAlpha = log.chosen === null ? .8 : .25;
	drawForks(context, log, top, height, scale, theme);
	for (let i = first; i < last; i++) {
		const row = log.rows[i];
		context.globalAlpha = log.chosen === null || row.members.some(member => member.id === log.chosen) ? 1 : .18;
		drawRow(context, log, row, i * ROW - top, scale, theme, kinds);
	}
	context.globalAlpha = 1;
}

/* A kind's shape, for the legend. */
function symbol(kind) {
	const paths = {square: 'M3 3H11V11H3Z', diamond: 'M7 1L13 7L7 13L1 7Z', triangle: 'M7 2L13 12H1Z', bar: 'M6 1H8V13H6Z'};
	const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
	svg.setAttribute('viewBox', '0 0 14 14');
	svg.setAttribute('width', '12');
	svg.setAttribute('height', '12');
	svg.setAttribute('aria-hidden', 'true');
	const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
	const colour = darkGround.matches ? kind.dark : kind.light;
	path.setAttribute('d', paths[kind.shape] ?? (kind.shape === 'ring' ? 'M3 7A4 4 0 1 0 11 7A4 4 0 1 0 3 7Z' : 'M3 3L11 11M11 3L3 11'));
	path.setAttribute('fill', paths[kind.shape] ? colour : 'none');
	if (!paths[kind.shape]) {
		path.setAttribute('stroke', colour);
		path.setAttribute('stroke-width', '2');
	}
	svg.append(path);
	return svg;
}

/* ------------------------------------------------------------------------
 * Tables
 * ------------------------------------------------------------------------ */

const AT_FIRST = 40;

/*
 * A table whose rows are lists of values.  columns: {title, number, show,
 * total}; total is what the foot says, made of the rows.
 */
class Table {
	constructor(caption, columns, rowsOf) {
		this.columns = columns;
		this.rowsOf = rowsOf;
		this.limit = AT_FIRST;
		this.sorted = null;
		this.caption = make('caption', {}, caption);
		this.body = make('tbody');
		this.foot = make('tfoot');
		this.heads = columns.map((column, i) => make('th', {scope: 'col', class: column.number ? 'number' : null},
			make('button', {type: 'button', title: 'Sort', onclick: () => this.sort(i)}, column.title)));
		this.more = make('button', {type: 'button', class: 'more', onclick: () => {
			this.limit = Infinity;
			this.fill();
		}});
		this.element = make('div', {}, make('div', {class: 'scroll'},
			make('table', {}, this.caption, make('thead', {}, make('tr', {}, ...this.heads)), this.body, this.foot)), this.more);
		this.fill();
	}

	sort(column) {
		const again = this.sorted && this.sorted.column === column;
		this.sorted = {column, down: again ? !this.sorted.down : Boolean(this.columns[column].number)};
		this.fill();
	}

	fill() {
		let rows = this.rowsOf();
		if (this.sorted) {
			const {column, down} = this.sorted;
			const number = this.columns[column].number;
			const order = (a, b) => number ? (a ?? -Infinity) - (b ?? -Infinity) || 0 : String(a ?? '').localeCompare(String(b ?? ''), 'en');
			rows = [...rows].sort((a, b) => order(a[column], b[column]) * (down ? -1 : 1));
		}
		this.heads.forEach((head, i) => {
			if (this.sorted && this.sorted.column === i) head.setAttribute('aria-sort', this.sorted.down ? 'descending' : 'ascending');
			else head.removeAttribute('aria-sort');
		});
		this.body.replaceChildren(...rows.slice(0, this.limit).map(row => make('tr', {}, ...this.columns.map((column, i) =>
			this.cell(column, row[i], row)))));
		this.foot.replaceChildren(make('tr', {}, ...this.columns.map((column, i) => {
			const total = i === 0 ? `Total: ${count(rows.length)}` : column.total ? column.total(rows, i) : null;
			return make(i === 0 ? 'th' : 'td', {class: column.number ? 'number' : null, scope: i === 0 ? 'row' : null,
				'data-total': i === 0 ? 'rows' : total === null ? null : column.title}, total === null ? '' : typeof total === 'number' ? count(total) : total);
		})));
		this.more.hidden = rows.length <= this.limit;
		this.more.textContent = `Show all ${count(rows.length)} rows`;
	}

	cell(column, value, row) {
		const cell = make('td', {class: column.bar ? 'bar' : column.number ? 'number' : null});
		if (column.show) cell.append(column.show(value, row));
		else if (value === null || value === undefined) cell.append('');
		else if (column.number) cell.append(count(value));
		else cell.append(bdi(value));
		return cell;
	}
}

const sum = (rows, i) => rows.reduce((total, row) => total + (row[i] ?? 0), 0);
const least = (rows, i) => rows.reduce((least, row) => row[i] !== null && (least === null || row[i] < least) ? row[i] : least, null);
const most = (rows, i) => rows.reduce((most, row) => row[i] !== null && (most === null || row[i] > most) ? row[i] : most, null);

/* Put rows together that have the same values in some columns. */
function gather(rows, keys, sums, leasts, mosts) {
	const found = new Map();
	for (const row of rows) {
		const key = JSON.stringify(keys.map(i => row[i]));
		const have = found.get(key);
		if (!have) {
			found.set(key, [...row]);
			continue;
		}
		for (const i of sums) have[i] += row[i];
		for (const i of leasts) have[i] = have[i] === null || (row[i] !== null && row[i] < have[i]) ? row[i] : have[i];
		for (const i of mosts) have[i] = have[i] === null || (row[i] !== null && row[i] > have[i]) ? row[i] : have[i];
	}
	return [...found.values()];
}

/* ------------------------------------------------------------------------
 * The page
 * ------------------------------------------------------------------------ */

class Page {
	constructor(data) {
		this.logs = data.logs.map((log, i) => new Log(log, i + 1));
		this.version = data.pe;
		this.parts = new Map();
		this.tipElement = make('div', {class: 'tip', role: 'tooltip', hidden: true});
		this.build();
		this.active = this.parts.get(this.logs[0]).timeline;
		addEventListener('hashchange', () => this.readAddress());
		addEventListener('keydown', event => this.key(event));
		addEventListener('beforeprint', () => this.beforePrint());
		addEventListener('afterprint', () => this.afterPrint());
		addEventListener('scroll', () => this.tip(null), {passive: true});
		darkGround.addEventListener('change', () => this.repaint());
		this.readAddress();
	}

	build() {
		const title = this.logs.length === 1 ? this.logs[0].facts.name : `${this.logs.length} logs`;
		document.title = `${shown(title)} – PANDA log`;
		const header = make('header', {}, make('h1', {}, bdi(title)));
		if (this.logs.length > 1)
			header.append(make('nav', {'aria-label': 'Logs'}, ...this.logs.map(log =>
				make('a', {href: `#log=${log.number}`, onclick: () => document.getElementById(`log${log.number}`).scrollIntoView()}, bdi(log.facts.name)))));
		document.body.append(header);
		for (const log of this.logs) document.body.append(this.buildLog(log));
		document.body.append(this.tipElement, make('footer', {class: 'quiet'}, make('p', {},
			`Made by pe ${this.version} from ${plural(this.logs.length, 'log', 'logs')}. Offsets are counts of guest instructions.`)));
	}

	buildLog(log) {
		const {facts} = log;
		const timeline = new Timeline(log, this);
		const tables = [];
		const section = make('section', {class: 'log', id: `log${log.number}`, 'aria-label': shown(facts.name)});
		const chosen = make('div', {class: 'chosen', hidden: true, role: 'status'});
		const add = (title, id, ...content) => section.append(make('h3', {id: `${id}${log.number}`}, title), ...content);
		const table = (caption, columns, rowsOf) => {
			const made = new Table(caption, columns, rowsOf);
			tables.push(made);
			return made.element;
		};

		if (this.logs.length > 1) section.append(make('h2', {}, bdi(facts.name)));
		if (facts.description) section.append(make('p', {}, bdi(facts.description)));
		section.append(make('p', {class: 'summary'}, `${plural(facts.processes, 'process', 'processes')}, `
			+ `${plural(facts.threads, 'thread', 'threads')}, ${plural(facts.calls, 'system call', 'system calls')}, `
			+ `${count(facts.failed)} failed, ${plural(facts.modules, 'module', 'modules')}, `
			+ `${short(facts.first === null ? 0 : facts.last - facts.first)} instructions`), chosen);

		const printed = make('div', {class: 'print-only'});
		add('Timeline', 'timeline', timeline.legend(), timeline.tools(),
			make('p', {class: 'hint quiet'}, 'Wheel or a dragged range: zoom. Shift and drag: move. Keys: + − ← → 0, and ↑ ↓ for the process. '
				+ 'A click on a row chooses its process, Esc undoes; × rows open. The wheel over the names scrolls. '
				+ (facts.detail ? 'Each call is shown.' : `Calls are shown in bins of ${short(facts.width)} instructions.`)
				+ (facts.outside > 0 ? ` ${plural(facts.outside, 'call has', 'calls have')} no known offset and ${facts.outside === 1 ? 'is' : 'are'} in the tables only.` : '')),
			timeline.element, printed);
		this.parts.set(log, {timeline, tables, chosen, section, printed});
		this.addTables(log, add, table);
		return section;
	}

	addTables(log, add, table) {
		const {data, facts} = log;
		const own = rows => rows.filter(row => log.isChosen(row[0]));
		const process = {title: 'process', show: id => this.processButton(log, id)};
		const first = {title: 'first', number: true, total: least};
		const last = {title: 'last', number: true, total: most};
		const calls = {title: 'calls', number: true, total: sum};
		const failed = {title: 'failed', number: true, total: sum};
		const share = (title, i) => ({title, bar: true, show: (value, row) => {
			const bar = make('span', {class: 'share', 'aria-hidden': 'true'});
			const whole = Math.max(1, ...this.logs.map(() => 1), facts.calls);
			bar.style.width = `${Math.sqrt(row[i] / whole) * 100}%`;
			return bar;
		}});
		const bytes = title => ({title, number: true, total: sum});

		add('Threads', 'threads', table('Who ran, and when', [process, {title: 'thread', number: true}, {title: 'name'}, first, last, calls, failed],
			() => own([...log.threads.values()].map(thread => [thread.process, thread.tid, thread.name, thread.first, thread.last, thread.calls, thread.failed]))));
		add('Processes', 'processes', table('The tree of processes; an empty box hides one from the timeline', [
			{title: 'process', show: id => this.treeEntry(log, id)}, {title: 'pid', number: true, show: value => value === null ? '' : String(value)},
			{title: 'name'}, {title: 'command line'}, first, last, {title: 'instructions', number: true, total: sum}, calls, failed,
			{title: 'exit code', number: true}, {title: 'ended'}],
			() => own(log.order.filter(one => one.id !== null).map(one => [one.id, one.pid, one.name, one.command, one.first, one.last, one.instructions, one.calls, one.failed, one.exit, one.ended]))));
		add('Calls', 'calls', table('How often each call was made', [{title: 'name', show: (index) => this.callName(log, index)}, calls, failed, first, last, share('', 1)],
			() => gather(own(data.mix), [1], [2, 3], [4], [5]).map(row => [row[1], row[2], row[3], row[4], row[5]]).sort((a, b) => b[1] - a[1] || a[0] - b[0])));
		add('Errors', 'errors', table('Calls that failed', [{title: 'name', show: (index) => this.callName(log, index)}, {title: 'error'}, calls, first, last],
			() => gather(own(data.errors), [1, 2], [3], [4], [5]).map(row => row.slice(1)).sort((a, b) => b[2] - a[2] || a[0] - b[0])));
		add('Files', 'files', this.cut(facts.files, data.files), table('What each process did with each path', [process, {title: 'path'}, {title: 'opened', number: true, total: sum},
			bytes('bytes read'), bytes('bytes written'), calls, failed, first, last], () => own(data.files)));
		add('Network', 'network', this.cut(facts.sockets, data.network), table('Sockets, from the call that makes one to the last call on it', [process, {title: 'descriptor', number: true, show: value => value === null ? '' : String(value)},
			{title: 'socket'}, {title: 'bound'}, {title: 'connected'}, bytes('bytes sent'), bytes('bytes received'), calls, failed, first, last],
			() => own(data.network)));
		add('Modules', 'modules', this.cut(facts.modules, data.modules), table('What each process had mapped when it was last seen', [process, {title: 'name'}, {title: 'path'}, {title: 'base'},
			{title: 'size', number: true, total: sum}, first, last], () => own(data.modules)));
		if (facts.flows > 0)
			add('Coverage', 'coverage', this.cut(facts.points, data.coverage), table('Places in modules where tainted data came from or went to', [process, {title: 'module'}, {title: 'offset'},
				{title: 'flows from', number: true, total: sum}, {title: 'flows to', number: true, total: sum}], () => own(data.coverage)));
		const say = (name, value) => make('tr', {}, make('th', {scope: 'row'}, name), make('td', {}, value));
		add('The log', 'log-', make('table', {}, make('caption', {}, 'What the log is'), make('tbody', {},
			say('file', bdi(facts.file)), say('complete', facts.complete ? 'yes' : 'no: it was read as far as it goes'), say('guest', bdi(facts.guest ?? 'unknown')),
			say('bytes', count(facts.file_bytes)), say('chunks', count(facts.chunk_count)), say('entries', count(facts.entry_count)),
			say('mappings', count(facts.mappings)),
			say('offsets', facts.first === null ? 'none known' : `${count(facts.first)} to ${count(facts.last)}`))),
			new Table('Entries, and the plugins that write them', [{title: 'kind'}, {title: 'entries', number: true, total: sum}, {title: 'plugin'}], () => data.kinds).element);
	}

	/* What is said of a list that the page has not all of. */
	cut(all, rows) {
		return all > rows.length ? make('p', {class: 'quiet'}, `The page has the first ${count(rows.length)} of ${count(all)}; the totals are of these.`) : null;
	}

	callName(log, index) {
		return make('span', {}, symbol(KINDS[log.kinds[index]]), ' ', bdi(log.data.names[index] ?? '(no name)'));
	}

	processButton(log, id) {
		const process = log.processes.get(id) ?? log.nobody;
		if (process.id === null) return make('span', {class: 'quiet'}, process.label);
		return make('button', {type: 'button', class: 'link', onclick: () => this.choose(log, log.chosen === id ? null : id)},
			`${process.pid ?? ''} `, bdi(process.label.length > 60 ? `${process.label.slice(0, 60)}…` : process.label));
	}

	treeEntry(log, id) {
		const process = log.processes.get(id);
		const box = make('input', {type: 'checkbox', 'aria-label': `show process ${process.pid ?? id} in the timeline`});
		box.checked = !log.hidden.has(id);
		box.addEventListener('change', () => {
			if (box.checked) log.hidden.delete(id);
			else log.hidden.add(id);
			log.fold();
			this.parts.get(log).timeline.redraw();
		});
		const entry = make('span', {}, box, ' ', this.processButton(log, id));
		entry.style.paddingLeft = `${Math.min(process.depth, 20)}rem`;
		return entry;
	}

	choose(log, id) {
		const address = id === null ? '' : `#log=${log.number}&process=${id}`;
		if (location.hash !== address) location.hash = address;
		else this.readAddress();
	}

	readAddress() {
		const address = new URLSearchParams(location.hash.slice(1));
		const number = Number(address.get('log') ?? 1);
		const wanted = address.has('process') ? Number(address.get('process')) : null;
		for (const log of this.logs) {
			const chosen = log.number === number && log.processes.has(wanted) ? wanted : null;
			if (chosen === log.chosen) continue;
			log.chosen = chosen;
			this.refresh(log);
			if (chosen !== null) this.parts.get(log).timeline.reveal(chosen);
		}
	}

	/* Show again what depends on the choice, or on what is hidden. */
	refresh(log) {
		const {timeline, tables, chosen} = this.parts.get(log);
		const process = log.processes.get(log.chosen);
		chosen.hidden = !process;
		chosen.replaceChildren();
		if (process)
			chosen.append(make('span', {}, 'Only process ', make('strong', {}, `${process.pid ?? ''} `, bdi(process.label))),
				make('button', {type: 'button', class: 'undo', onclick: () => this.choose(log, null)}, 'Show all processes (Esc)'));
		log.fold();
		tables.forEach(table => table.fill());
		timeline.redraw();
	}

	repaint() {
		for (const {timeline} of this.parts.values()) timeline.redraw();
	}

	key(event) {
		if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
		if (event.target instanceof HTMLInputElement && event.target.type !== 'checkbox') return;
		const timeline = this.active;
		const keys = {
			'+': () => timeline.zoom(.5), '=': () => timeline.zoom(.5), '-': () => timeline.zoom(2), '_': () => timeline.zoom(2),
			ArrowLeft: () => timeline.pan(-.25), ArrowRight: () => timeline.pan(.25),
			0: () => timeline.show(timeline.log.from, timeline.log.to),
			Escape: () => {
				this.tip(null);
				for (const log of this.logs) if (log.chosen !== null) this.choose(log, null);
			},
		};
		if (!Object.hasOwn(keys, event.key)) return;
		event.preventDefault();
		keys[event.key]();
	}

	tip(content, x, y) {
		const {tipElement} = this;
		tipElement.hidden = content === null;
		if (content === null) return;
		tipElement.replaceChildren(content);
		const {offsetWidth: width, offsetHeight: height} = tipElement;
		tipElement.style.left = `${Math.max(4, Math.min(x + 14, innerWidth - width - 8))}px`;
		tipElement.style.top = `${y + 18 + height > innerHeight ? Math.max(4, y - height - 12) : y + 18}px`;
	}

	/* On paper, the picture is whole and light, in blocks that fit a page. */
	beforePrint() {
		for (const [log, {timeline, printed}] of this.parts) {
			printed.replaceChildren();
			const width = 620, block = 30, rows = Math.min(log.rows.length, 600);
			const scale = scaleOf(timeline.view, width);
			const append = (height, paint, ...labels) => {
				const canvas = make('canvas');
				canvas.style.cssText = `flex: none; width: ${width}px; height: ${height}px`;
				const context = prepare(canvas, width, height, 2);
				context.fillStyle = themes.light.ground;
				context.fillRect(0, 0, width, height);
				paint(context);
				const names = make('div', {class: 'labels'}, ...labels);
				names.style.cssText = `width: 17rem; max-width: none; height: ${height}px`;
				const line = make('div', {class: 'pinned'}, names, canvas);
				line.style.position = 'static';
				printed.append(make('div', {class: 'timeline'}, line));
			};
			append(108, context => drawDensity(context, log, scale, themes.light, timeline.kinds), ...KINDS.map((kind, i) => {
				const lane = make('span', {class: 'lane'}, kind.name);
				lane.style.top = `${i * 15 + 2}px`;
				return lane;
			}));
			for (let first = 0; first < rows; first += block) {
				const last = Math.min(first + block, rows);
				append((last - first) * ROW, context => paintRows(context, log, scale, themes.light, timeline.kinds, first, last, first * ROW, (last - first) * ROW),
					...log.rows.slice(first, last).map((row, i) => {
						const label = timeline.label(row);
						label.querySelector('input')?.remove();
						label.style.top = `${i * ROW}px`;
						timeline.mark(label, row);
						return label;
					}));
			}
			if (rows < log.rows.length) printed.append(make('p', {}, `${count(log.rows.length - rows)} more rows are not printed.`));
		}
	}

	afterPrint() {
		for (const {printed} of this.parts.values()) printed.replaceChildren();
	}
}

new Page(JSON.parse(document.getElementById('logs').textContent));

})();
