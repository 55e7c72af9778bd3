-- player_game_summary (PGS): one row for each player who appeared on D.
WITH appeared AS (
  SELECT
    game_date,
    CAST(player_id AS BIGINT) AS player_id,
    player_name,
    season,
    game_id,
    date_away_home_id AS game_code,
    team,
    opponent,
    home_away = 'home' AS is_home,
    CAST(starter AS BOOLEAN) AS started,
    CAST(minutes AS DOUBLE) AS minutes,
    CAST(pts AS INTEGER) AS points,
    CAST(fgm AS INTEGER) AS fgm,
    CAST(fga AS INTEGER) AS fga,
    CAST(fg3m AS INTEGER) AS fg3m,
    CAST(fg3a AS INTEGER) AS fg3a,
    CAST(ftm AS INTEGER) AS ftm,
    CAST(fta AS INTEGER) AS fta,
    CAST(oreb AS INTEGER) AS oreb,
    CAST(dreb AS INTEGER) AS dreb,
    CAST(reb AS INTEGER) AS reb,
    CAST(ast AS INTEGER) AS ast,
    CAST(stl AS INTEGER) AS stl,
    CAST(blk AS INTEGER) AS blk,
    CAST(tov AS INTEGER) AS tov,
    CAST(pf AS INTEGER) AS pf,
    CAST(plus_minus AS INTEGER) AS plus_minus
  FROM box_scores
  WHERE played
),

-- The same few hundred names come back every date: each is folded once. The letters are spelled out
-- because database engines have no function in common that takes off accents. Letters that are no
-- accented a-z (đ, ø, ß) are dropped like any other character.
folded_names AS (
  SELECT
    player_name,
    translate(
      name,
      'àáâãäåāăąǎạảấầẩẫậắằẳẵặ' || 'çćĉċč' || 'ď' || 'èéêëēĕėęěẹẻẽếềểễệ' || 'ĝğġģǧ' || 'ĥ'
        || 'ìíîïĩīĭįǐịỉ' || 'ĵ' || 'ķǩ' || 'ĺļľ' || 'ñńņň' || 'òóôõöōŏőơǒọỏốồổỗộớờởỡợ' || 'ŕŗř'
        || 'śŝşšș' || 'ţťț' || 'ùúûüũūŭůűųưǔụủứừửữự' || 'ŵ' || 'ýÿŷỳỵỷỹ' || 'źżž',
      'aaaaaaaaaaaaaaaaaaaaaa' || 'ccccc' || 'd' || 'eeeeeeeeeeeeeeeee' || 'ggggg' || 'h'
        || 'iiiiiiiiiii' || 'j' || 'kk' || 'lll' || 'nnnn' || 'oooooooooooooooooooooo' || 'rrr'
        || 'sssss' || 'ttt' || 'uuuuuuuuuuuuuuuuuuu' || 'w' || 'yyyyyyy' || 'zzz'
    ) AS folded_name
  FROM (SELECT DISTINCT player_name, lower(player_name) AS name FROM appeared) AS names
),

team_totals AS (
  SELECT
    game_date,
    game_id,
    team,
    -- Whole numbers add up to the same double in any order, so a rerun gives the same bits.
    sum(round(minutes * 1e12)) / 1e12 AS minutes,
    sum(fga) + 0.44 * CAST(sum(fta) AS DOUBLE) + sum(tov) AS possessions_used
  FROM appeared
  GROUP BY game_date, game_id, team
),

zoned_shots AS (
  SELECT
    game_date,
    game_id,
    player_id,
    shot_made_flag = 1 AS made,
    CASE
      WHEN shot_type LIKE '3PT%' THEN 'three'
      WHEN zone_basic IN ('Restricted Area', 'In The Paint (Non-RA)') THEN 'paint'
      ELSE 'mid_range'
    END AS zone
  FROM shots
),

player_zones AS (
  SELECT
    game_date,
    game_id,
    player_id,
    count(CASE WHEN zone = 'paint' THEN 1 END) AS paint_fga,
    count(CASE WHEN zone = 'paint' AND made THEN 1 END) AS paint_fgm,
    count(CASE WHEN zone = 'mid_range' THEN 1 END) AS mid_range_fga,
    count(CASE WHEN zone = 'mid_range' AND made THEN 1 END) AS mid_range_fgm,
    count(CASE WHEN zone = 'three' THEN 1 END) AS three_fga,
    count(CASE WHEN zone = 'three' AND made THEN 1 END) AS three_fgm
  FROM zoned_shots
  GROUP BY game_date, game_id, player_id
),

games_with_shots AS (
  SELECT DISTINCT game_date, game_id
  FROM player_zones
),

-- Where the game has shots, a player without any took none; where it has none, nothing is known.
appearance_zones AS (
  SELECT
    a.game_date,
    a.game_id,
    a.player_id,
    CAST(coalesce(z.paint_fga, 0) AS INTEGER) AS paint_fga,
    CAST(coalesce(z.paint_fgm, 0) AS INTEGER) AS paint_fgm,
    CAST(coalesce(z.mid_range_fga, 0) AS INTEGER) AS mid_range_fga,
    CAST(coalesce(z.mid_range_fgm, 0) AS INTEGER) AS mid_range_fgm,
    CAST(coalesce(z.three_fga, 0) AS INTEGER) AS three_fga,
    CAST(coalesce(z.three_fgm, 0) AS INTEGER) AS three_fgm
  FROM appeared AS a
  JOIN games_with_shots AS g
    ON g.game_date = a.game_date
    AND g.game_id = a.game_id
  LEFT JOIN player_zones AS z
    ON z.game_date = a.game_date
    AND z.game_id = a.game_id
    AND z.player_id = a.player_id
)

SELECT
  a.game_date,
  a.player_id,
  regexp_replace(n.folded_name, '[^a-z]', '', 'g') AS player_lookup,
  a.season,
  a.game_id,
  a.game_code,
  a.player_name,
  a.team,
  a.opponent,
  a.is_home,
  a.started,
  a.minutes,
  a.points,
  a.fgm,
  a.fga,
  a.fg3m,
  a.fg3a,
  a.ftm,
  a.fta,
  a.oreb,
  a.dreb,
  a.reb,
  a.ast,
  a.stl,
  a.blk,
  a.tov,
  a.pf,
  a.plus_minus,
  a.points / nullif(2 * (a.fga + 0.44 * CAST(a.fta AS DOUBLE)), 0) AS ts_pct,
  (a.fgm + 0.5 * CAST(a.fg3m AS DOUBLE)) / nullif(a.fga, 0) AS efg_pct,
  (a.fga + 0.44 * CAST(a.fta AS DOUBLE) + a.tov) * (t.minutes / 5)
    / nullif(a.minutes * t.possessions_used, 0) AS usage_rate,
  z.paint_fga,
  z.paint_fgm,
  z.mid_range_fga,
  z.mid_range_fgm,
  z.three_fga,
  z.three_fgm,
  z.game_id IS NOT NULL AND z.paint_fga + z.mid_range_fga + z.three_fga = a.fga
    AS has_complete_shot_zones
FROM appeared AS a
LEFT JOIN folded_names AS n
  ON n.player_name = a.player_name
LEFT JOIN team_totals AS t
  ON t.game_date = a.game_date
  AND t.game_id = a.game_id
  AND t.team = a.team
LEFT JOIN appearance_zones AS z
  ON z.game_date = a.game_date
  AND z.game_id = a.game_id
  AND z.player_id = a.player_id
