-- The shots of a game are complete when every player's attempts and makes equal his box score.
WITH box AS (
  SELECT
    game_date,
    game_id,
    player_id,
    player_name,
    -- Who did not appear has no statistics and can have no shots.
    CASE WHEN played THEN fga ELSE 0 END AS fga,
    CASE WHEN played THEN fgm ELSE 0 END AS fgm
  FROM box_scores
),

shot_counts AS (
  SELECT
    game_date,
    game_id,
    player_id,
    max(player_name) AS player_name,
    count(*) AS fga,
    count(CASE WHEN shot_made_flag = 1 THEN 1 END) AS fgm
  FROM shots
  GROUP BY game_date, game_id, player_id
),

-- Players of the shots without a box score count, too: their fga and fgm stay NULL and differ.
players AS (
  SELECT
    coalesce(b.game_date, s.game_date) AS game_date,
    coalesce(b.game_id, s.game_id) AS game_id,
    coalesce(b.player_name, s.player_name, 'a player without a name') AS player_name,
    s.player_id IS NOT NULL AS has_shots,
    coalesce(s.fga, 0) AS shots_fga,
    coalesce(s.fgm, 0) AS shots_fgm,
    b.fga,
    b.fgm
  FROM box AS b
  FULL JOIN shot_counts AS s
    ON s.game_date = b.game_date
    AND s.game_id = b.game_id
    AND s.player_id = b.player_id
),

differences AS (
  SELECT
    game_date,
    game_id,
    has_shots,
    coalesce(abs(shots_fga - fga), shots_fga) AS attempts_off,
    coalesce(abs(shots_fgm - fgm), shots_fgm) AS makes_off,
    CASE
      WHEN shots_fga IS DISTINCT FROM fga THEN
        player_name || ' shots ' || CAST(shots_fga AS VARCHAR)
        || ', box ' || coalesce(CAST(fga AS VARCHAR), 'nothing')
      WHEN shots_fgm IS DISTINCT FROM fgm THEN
        player_name || ' makes ' || CAST(shots_fgm AS VARCHAR)
        || ', box ' || coalesce(CAST(fgm AS VARCHAR), 'nothing')
    END AS difference
  FROM players
),

games AS (
  SELECT
    game_date,
    game_id,
    count(CASE WHEN has_shots THEN 1 END) AS players_with_shots,
    count(difference) AS players_who_differ,
    min(difference) AS first_difference,
    max(attempts_off) AS attempts_off,
    max(makes_off) AS makes_off
  FROM differences
  GROUP BY game_date, game_id
)

SELECT
  s.game_date,
  s.game_id AS entity,
  coalesce(g.players_with_shots > 0 AND g.players_who_differ = 0, FALSE) AS ok,
  CASE
    WHEN coalesce(g.players_with_shots, 0) = 0 THEN 'no shots at all'
    WHEN g.players_who_differ = 0 THEN 'shots equal the box score of every player'
    WHEN g.players_who_differ = 1 THEN
      'shots differ from the box score for 1 player: ' || g.first_difference
    ELSE
      'shots differ from the box score for ' || CAST(g.players_who_differ AS VARCHAR)
      || ' players, first: ' || g.first_difference
  END AS detail,
  g.players_who_differ,
  g.attempts_off,
  g.makes_off
FROM schedule AS s
LEFT JOIN games AS g
  ON g.game_date = s.game_date
  AND g.game_id = s.game_id
