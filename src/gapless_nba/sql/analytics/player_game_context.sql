-- The player context: what was known of a player, his team and his opponent before D.
--
-- "Last N": a row is among the last N before D while the N-th row after it (leaves_last_N) is not
-- before D. NULLS FIRST: neither key is ever NULL, but so every engine can say this order.
-- Sums and means of fractions are taken over whole multiples of 1e-12: these add up to the same
-- double in any order, so a rerun gives the same bits.

WITH appearances AS (
  SELECT
    player_id,
    season,
    game_date,
    round(minutes * 1e12) AS minutes_e12,
    round(usage_rate * 1e12) AS usage_rate_e12,
    lag(game_date) OVER so_far = game_date - 1 AS is_back_to_back,
    lead(game_date, 3) OVER so_far AS leaves_last_3
  FROM player_game_summary
  WINDOW so_far AS (
    PARTITION BY season, player_id
    ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
  )
),

workload AS (
  SELECT
    p.game_date,
    p.player_id,
    date_diff('day', max(a.game_date), p.game_date) AS days_rest,
    count(CASE WHEN a.game_date >= p.game_date - 7 THEN 1 END) AS games_last_7_days,
    count(CASE WHEN a.game_date >= p.game_date - 14 THEN 1 END) AS games_last_14_days,
    sum(CASE WHEN a.game_date >= p.game_date - 7 THEN a.minutes_e12 END) / 1e12
      AS minutes_last_7_days,
    sum(CASE WHEN a.game_date >= p.game_date - 14 THEN a.minutes_e12 END) / 1e12
      AS minutes_last_14_days,
    -- The second game of a pair; the first is a day earlier and in the last 14 days, too.
    count(CASE WHEN a.is_back_to_back AND a.game_date >= p.game_date - 13 THEN 1 END)
      AS back_to_backs_last_14_days,
    avg(
      CASE
        WHEN a.leaves_last_3 IS NULL OR a.leaves_last_3 >= p.game_date THEN a.usage_rate_e12
      END
    ) / 1e12 AS usage_rate_last_3_games,
    avg(a.usage_rate_e12) / 1e12 AS usage_rate_season
  FROM players AS p
  JOIN appearances AS a
    ON a.player_id = p.player_id
    AND a.season = p.season
    AND a.game_date < p.game_date
  GROUP BY p.game_date, p.player_id
),

team_games AS (
  SELECT
    team,
    season,
    game_date,
    pace,
    lead(game_date, 10) OVER (
      PARTITION BY season, team
      ORDER BY game_date NULLS FIRST, game_id NULLS FIRST
    ) AS leaves_last_10
  FROM team_offense_game_summary
),

playing_teams AS (
  SELECT game_date, season, team FROM players
  UNION
  SELECT game_date, season, opponent AS team FROM players
),

team_pace AS (
  SELECT
    t.game_date,
    t.team,
    avg(round(g.pace * 1e12)) / 1e12 AS pace_last_10
  FROM playing_teams AS t
  JOIN team_games AS g
    ON g.team = t.team
    AND g.season = t.season
    AND g.game_date < t.game_date
    AND (g.leaves_last_10 IS NULL OR g.leaves_last_10 >= t.game_date)
  GROUP BY t.game_date, t.team
),

-- 1e-10: the sum of a whole season's paces is too large for the finer grain.
league_pace AS (
  SELECT
    d.game_date,
    avg(round(g.pace * 1e10)) / 1e10 AS league_pace
  FROM partitions AS d
  JOIN team_games AS g
    ON g.season = d.season
    AND g.game_date < d.game_date
  GROUP BY d.game_date
),

joined AS (
  SELECT
    p.player_id,
    p.player_lookup,
    p.game_date,
    p.season,
    p.game_id,
    p.game_code,
    p.team,
    p.opponent,
    p.is_home,
    CAST(w.days_rest AS INTEGER) AS days_rest,
    CAST(coalesce(w.games_last_7_days, 0) AS INTEGER) AS games_last_7_days,
    CAST(coalesce(w.games_last_14_days, 0) AS INTEGER) AS games_last_14_days,
    w.minutes_last_7_days,
    w.minutes_last_14_days,
    CAST(coalesce(w.back_to_backs_last_14_days, 0) AS INTEGER) AS back_to_backs_last_14_days,
    w.usage_rate_last_3_games,
    w.usage_rate_season,
    own.pace_last_10 AS team_pace_last_10,
    other.pace_last_10 AS opponent_pace_last_10,
    l.league_pace,
    (own.pace_last_10 + other.pace_last_10) / 2 AS expected_pace,
    p.context_source
  FROM players AS p
  LEFT JOIN workload AS w
    ON w.game_date = p.game_date
    AND w.player_id = p.player_id
  LEFT JOIN team_pace AS own
    ON own.game_date = p.game_date
    AND own.team = p.team
  LEFT JOIN team_pace AS other
    ON other.game_date = p.game_date
    AND other.team = p.opponent
  LEFT JOIN league_pace AS l
    ON l.game_date = p.game_date
)

SELECT
  player_id,
  player_lookup,
  game_date,
  season,
  game_id,
  game_code,
  team,
  opponent,
  is_home,
  days_rest,
  games_last_7_days,
  games_last_14_days,
  CASE WHEN games_last_7_days = 0 THEN 0 ELSE minutes_last_7_days END AS minutes_last_7_days,
  CASE WHEN games_last_14_days = 0 THEN 0 ELSE minutes_last_14_days END AS minutes_last_14_days,
  minutes_last_7_days / nullif(games_last_7_days, 0) AS avg_minutes_last_7_days,
  back_to_backs_last_14_days,
  usage_rate_last_3_games,
  usage_rate_season,
  team_pace_last_10,
  opponent_pace_last_10,
  league_pace,
  expected_pace,
  expected_pace - league_pace AS pace_differential,
  context_source
FROM joined
