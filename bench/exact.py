# Copyright: (c) 2026, nfv.maintenance contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a plan can be any better, from OR-tools' CP-SAT: for small clouds, and without any of the planner's code."""

from __future__ import annotations

import collections
import itertools
import typing as t

from ortools.sat.python import cp_model

Record = dict[str, t.Any]
_AXES = ("vcpus", "memory_mb", "disk_gb")


def exists(
    cloud: Record, options: Record, *, few_waves: bool, moves: int | None = None, waves: int | None = None, seconds: float
) -> bool | None:
    """Whether there is a plan that maintains all hosts with at most so many moves and waves; None where that took too long.

    A host that is emptied before the first wave hands its instances to hosts that are not maintained yet (from which they move
    again) or that never are; without ``few_waves`` this is one host at most, with it as many as hosts may be under work at once.
    """
    return _Model(cloud, options, few_waves).solve(moves, waves, seconds)


class _Model:
    def __init__(self, cloud: Record, options: Record, few_waves: bool) -> None:
        self.model = cp_model.CpModel()
        self.few_waves = few_waves
        self.to_do = list(options["hosts"])
        self.at_once = options["max_hosts_at_once"]
        self.spare = [one["name"] for one in cloud["hosts"] if one["name"] not in options["hosts"]]
        self.size = {one["name"]: [one[axis] for axis in _AXES] for one in cloud["hosts"]}
        self.instances = {one["id"]: one for one in cloud["instances"] if one["host"] in options["hosts"]}
        self.rounds = range(len(self.to_do))
        self.limits = cloud["constraints"]["groups"]
        self.groups = cloud["groups"]
        self._variables()
        self._places()
        self._apart()
        self._budgets()

    def _variables(self) -> None:
        model, hosts = self.model, [*self.to_do, *self.spare]
        self.wave = {host: model.new_int_var(0, len(self.to_do) - 1, f"wave {host}") for host in self.to_do}
        self.in_wave = {(host, number): model.new_bool_var("") for host in self.to_do for number in self.rounds}
        self.first = {host: model.new_bool_var(f"first {host}") for host in self.to_do}
        self.early = {(key, host): model.new_bool_var("") for key in self.instances for host in hosts}
        self.final = {(key, host): model.new_bool_var("") for key in self.instances for host in hosts}
        for host in self.to_do:
            model.add_exactly_one(self.in_wave[host, number] for number in self.rounds)
            model.add(self.wave[host] == sum(number * self.in_wave[host, number] for number in self.rounds))
            model.add(self.wave[host] == 0).only_enforce_if(self.first[host])
        for number in self.rounds:
            model.add(sum(self.in_wave[host, number] for host in self.to_do) <= self.at_once)
        model.add(sum(self.first.values()) <= (self.at_once if self.few_waves else 1))

    def _places(self) -> None:
        model = self.model
        for key, one in self.instances.items():
            home = one["host"]
            model.add(self.early[key, home] == 0)
            model.add(sum(self.early[key, host] for host in [*self.to_do, *self.spare]) == self.first[home])
            stays = sum(self.early[key, host] for host in self.spare)
            model.add(sum(self.final[key, host] for host in [*self.to_do, *self.spare]) + stays == 1)
            model.add(self.final[key, home] == 0).only_enforce_if(self.first[home].negated())
            for host in self.to_do:
                model.add_implication(self.early[key, host], self.first[host].negated())
                arrives = self.final[key, host]
                if host != home:
                    model.add(self.wave[host] < self.wave[home]).only_enforce_if(arrives, self.first[home].negated())
                for other in self.to_do:
                    if other != host:
                        model.add(self.wave[host] < self.wave[other]).only_enforce_if(arrives, self.early[key, other])
                    else:
                        model.add_bool_or(arrives.negated(), self.early[key, other].negated())
        for host in [*self.to_do, *self.spare]:
            for axis, name in enumerate(_AXES):
                room = self.size[host][axis]
                held = sum(one[name] for one in self.instances.values() if one["host"] == host)
                early = sum(one[name] * self.early[key, host] for key, one in self.instances.items())
                final = sum(one[name] * self.final[key, host] for key, one in self.instances.items())
                model.add(early + held <= room)
                model.add(final + (early if host in self.spare else 0) <= room)

    def _apart(self) -> None:
        for group in self.groups:
            if group["policy"] != "anti-affinity":
                continue
            members = [key for key in group["members"] if key in self.instances]
            for host in [*self.to_do, *self.spare]:
                there = sum(self.instances[key]["host"] == host for key in members)
                early = sum(self.early[key, host] for key in members)
                final = sum(self.final[key, host] for key in members)
                self.model.add(early + there <= 1).only_enforce_if(*([self.first[host].negated()] if host in self.to_do else []))
                self.model.add(final + (early if host in self.spare else 0) <= 1)

    def _budgets(self) -> None:
        """In a wave no more members of a group are moved than it tolerates, unless all are on one host."""
        for group in self.groups:
            limit = max(1, self.limits.get(group["id"], {}).get("max_impacted_members", 1))
            members = [key for key in group["members"] if key in self.instances]
            self._budget_before(members, limit)
            has = {host: self.model.new_bool_var("") for host in self.to_do}
            there = {}
            for key, host in itertools.product(members, self.to_do):
                home = self.instances[key]["host"] == host
                there[key, host] = self.first[host].negated() if home else self.early[key, host]
                self.model.add_implication(there[key, host], has[host])
            for number in self.rounds:
                moved = []
                for (_key, host), present in there.items():
                    both = self.model.new_bool_var("")
                    self.model.add_bool_or(present.negated(), self.in_wave[host, number].negated(), both)
                    moved.append(both)
                alone = self.model.new_bool_var("")
                self.model.add(sum(moved) <= limit).only_enforce_if(alone.negated())
                concerned = []
                for host in self.to_do:
                    used = self.model.new_bool_var("")
                    self.model.add_bool_or(has[host].negated(), self.in_wave[host, number].negated(), used)
                    concerned.append(used)
                self.model.add(sum(concerned) <= 1).only_enforce_if(alone)

    def _budget_before(self, members: list[str], limit: int) -> None:
        homes = collections.Counter(self.instances[key]["host"] for key in members)
        alone = self.model.new_bool_var("")
        self.model.add(sum(count * self.first[host] for host, count in homes.items()) <= limit).only_enforce_if(alone.negated())
        self.model.add(sum(self.first[host] for host in homes) <= 1).only_enforce_if(alone)

    def solve(self, moves: int | None, waves: int | None, seconds: float) -> bool | None:
        """By CP-SAT on one core."""
        if waves is not None:
            for wave in self.wave.values():
                self.model.add(wave < waves)
        if moves is not None:
            twice = sum(self.early[key, host] for key in self.instances for host in self.to_do)
            self.model.add(twice + len(self.instances) <= moves)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_time_in_seconds = seconds
        status = solver.solve(self.model)
        return {cp_model.OPTIMAL: True, cp_model.FEASIBLE: True, cp_model.INFEASIBLE: False}.get(status)
